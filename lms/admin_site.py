"""Django's admin behind its own door: for operators and superusers with a second factor, in our audit, for reading."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _

from people.backends import operates
from people.models import Person, User, user_of
from people.signin.factors import has_factor, must_have_factor
from records.audit import audit
from records.text import TranslatedText

if TYPE_CHECKING:
    Admin = ModelAdmin[models.Model]
else:  # Django's class takes no parameter at run time
    Admin = ModelAdmin

# Never shown, not even as a hash.
# A mail not sent yet may hold a link that sets a password.
SECRET = {"password", "code_hash", "client_secret", "token", "token_checksum", "lease_token", "message"}
# Pages of Django's that none of ours leads to.
_UNUSED = {"password_change_done", "autocomplete", "view_on_site"}


def may_operate(user: User | AnonymousUser) -> bool:
    """Holds the operator's role or is a superuser; and has the second factor, where one is asked of them."""
    if not isinstance(user, User):
        return False
    return operates(user) and (has_factor(user) or not must_have_factor(user))


def _refuse(request: HttpRequest, wanted: str) -> HttpResponse:
    """Raises PermissionDenied for whoever is logged in already."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(wanted, reverse("login"))


class OperatorSite(AdminSite):
    site_title = index_title = _("Operation")
    site_header = lazystr(TranslatedText(settings.SITE_NAME))

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Libraries come with pages that change their rows; only what is for reading gets in here."""
        if admin_class is not None and issubclass(admin_class, ReadOnlyAdmin):
            super().register(model_or_iterable, admin_class, **options)

    final_catch_all_view = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", "") not in _UNUSED]

    def has_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's
        """Whoever is logged in and may not is told so; Django would ask them to log in again."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not self.has_permission(request):
                return _refuse(request, request.get_full_path())
            response: HttpResponseBase = inner(request, *args, **kwargs)
            return response

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if self.has_permission(request):
            return redirect("admin:index")
        return _refuse(request, request.GET.get("next", reverse("admin:index")))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # type: ignore[override]
        return redirect("logout")

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("people:account-password")

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return LogEntry.objects.none()  # ours is records.AuditEvent


class ReadOnlyAdmin(Admin):
    """Shows every row and changes none. Reading what is somebody's own is noted, as everywhere."""

    closed: tuple[str, ...] = ("_add", "_delete")
    actions = None
    list_select_related = True
    show_full_result_count = False
    list_per_page = 50
    view_on_site = False

    def get_urls(self) -> list[URLPattern]:
        """Lists and rows: no pages for editing, nor Django's old addresses, which have no name."""
        return [url for url in super().get_urls() if url.name and not url.name.endswith(self.closed)]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = [field.name for field in self.model._meta.fields if field.name not in SECRET]  # noqa: SLF001
        return ["__str__", *[name for name in shown if name != "id"][:6]]

    def get_exclude(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return sorted(SECRET & {field.name for field in self.model._meta.fields})  # noqa: SLF001

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What is not shown is not asked for either: `?password__startswith=` would tell it sign by sign."""
        return not SECRET & set(lookup.split(LOOKUP_SEP)) and super().lookup_allowed(lookup, value, request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_operate(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_operate(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    @transaction.atomic
    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        found = self.get_object(request, object_id)
        owner = _owner(found) if found is not None else None
        if found is not None and owner is not None and request.method == "GET":
            _note("person.view", request, found, about=owner)
        return response

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[models.Model]) -> None:  # type: ignore[override]
        for obj in queryset:
            _note("admin.delete", request, obj, about=_owner(obj), before={"row": str(obj)})


class LockAdmin(ReadOnlyAdmin):
    """Tries of a password: deleting a row lifts the lock of that account at that address."""

    closed = ("_add",)
    search_fields = ("username",)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_operate(request.user)


def _owner(obj: models.Model) -> User | None:
    """Whose personal data the row is."""
    if isinstance(obj, User):
        return obj
    person = obj if isinstance(obj, Person) else getattr(obj, "person", None)
    return person.user if isinstance(person, Person) else None


def _note(action: str, request: HttpRequest, obj: models.Model, **facts: Any) -> None:
    key = obj.pk if isinstance(obj.pk, uuid.UUID) else uuid.UUID(int=int(obj.pk))
    named = obj.__class__(pk=key) if not isinstance(obj.pk, uuid.UUID) else obj
    with transaction.atomic():
        audit(action, named, by=user_of(request), **facts)

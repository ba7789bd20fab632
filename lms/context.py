"""What every page's frame shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun
from people.models import Notification, User
from people.pages.changes import CHANGES
from people.reach import Reach, also_ask, reach_of
from records.models import LongJob
from records.text import TranslatedText

# The bell says 9+ above so many: whoever has that many reads the page.
BELL = 9


@dataclass(frozen=True)
class Standing:
    """What decides on the ways that are offered, from one question to the database.

    `unread` is at most BELL + 1: the bell shows no more.
    """

    reach: Reach
    teaches: bool
    unread: int
    operates: bool
    has_jobs: bool
    # An account that `createsuperuser` made is nobody's.
    has_record: bool

    @classmethod
    def of(cls, user: User) -> Standing:
        reach = reach_of(user)
        more = reach.more
        # `people.backends.operates`, without a question of its own.
        operates = reach.operates or user.is_superuser
        return cls(
            reach,
            bool(more.get("teaches")),
            len(more.get("unread") or ()),
            operates,
            bool(more.get("has_jobs")),
            bool(more),
        )


def ask_for_the_frame() -> None:
    """Joins what menus and the bell need to the question that many a page asks itself."""
    also_ask("teaches", lambda user: Exists(CourseRun.objects.taught_by(user)))
    also_ask("unread", _unread)
    also_ask("has_jobs", lambda user: Exists(LongJob.objects.requested_by(user)))


def _unread(user: User) -> ArraySubquery:
    return ArraySubquery(Notification.objects.visible_to(user).unread().order_by().values("pk")[: BELL + 1])


def _anyone(_standing: Standing) -> bool:
    return True


def _teaches(standing: Standing) -> bool:
    return standing.teaches


def _sees_people(standing: Standing) -> bool:
    return standing.reach.sees_people


def _administers(standing: Standing) -> bool:
    return standing.reach.is_admin


def _operates(standing: Standing) -> bool:
    return standing.operates


def _has_record(standing: Standing) -> bool:
    return standing.has_record


def _has_jobs(standing: Standing) -> bool:
    return standing.has_jobs or standing.operates


@dataclass(frozen=True)
class Entry:
    """A way that the menus offer: shown where `view` exists and `rule` says that the person may use it.

    It is the current one on its own page and on those whose view name begins with a word of `covers`: of two such
    entries the one whose word is longer, so that people:edit leaves people:edit-unit to the organization.
    """

    view: str
    label: Any
    icon: str
    rule: Callable[[Standing], bool] = _anyone
    covers: tuple[str, ...] = field(default=())


# In the order in which they stand. On a phone at most five fit side by side.
NAVIGATION = (
    Entry("dashboards:home", _("Home"), "house"),
    Entry("courses:catalogue", _("Catalogue"), "compass", covers=("courses:",)),
    Entry(
        "people:people",
        _("People"),
        "users",
        _sees_people,
        covers=(
            "people:person",
            "people:new-employee",
            "people:new-partner",
            *(f"people:{name}" for name in CHANGES),
        ),
    ),
    Entry(
        "people:organization",
        _("Organization"),
        "building-2",
        _administers,
        covers=(
            "people:unit",
            "people:new-unit",
            "people:new-job",
            "people:new-family",
            "people:edit-unit",
            "people:move-unit",
            "people:jobs",
            "people:rename-",
        ),
    ),
    Entry("grading:teaching", _("Grading"), "clipboard-check", _teaches, covers=("grading:grade",)),
)
ACCOUNT_MENU = (
    Entry("people:me", _("Your record"), "user-round", _has_record),
    Entry("people:audit", _("Audit log"), "list", _administers),
    Entry("records:jobs", _("Background work"), "hourglass", _has_jobs, covers=("records:job",)),
    Entry("records:mails", _("Mails"), "mail", _operates, covers=("records:mail",)),
    Entry("grading:environments", _("Environments"), "layers", _operates),
    Entry("people:account", _("Your account"), "circle-user-round", covers=("people:account",)),
)


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the site's name, the person at the keyboard, and where they can go.

    Templates call what is callable, so a fragment without menus costs none of their queries.
    """
    user = getattr(request, "user", None)
    known = user if isinstance(user, User) else None
    person = getattr(known, "person", None)
    standing = cache(partial(Standing.of, known)) if known else None
    return {
        "site_name": TranslatedText(settings.SITE_NAME),
        "person": person,
        "account_initials": person.initials if person else str(known or "")[:2],
        "navigation": partial(_menu, NAVIGATION, standing, request),
        "account_menu": partial(_menu, ACCOUNT_MENU, standing, request),
        "unread_notifications": lambda: standing().unread if standing else 0,
    }


def _menu(
    entries: tuple[Entry, ...], standing: Callable[[], Standing] | None, request: HttpRequest
) -> list[dict[str, Any]]:
    match = request.resolver_match
    here = match.view_name if match else ""
    nearest = max(_nearness(entry, here) for entry in entries)
    return [
        {
            "url": url,
            "label": entry.label,
            "icon": entry.icon,
            "current": 0 < nearest == _nearness(entry, here),
        }
        for entry in entries
        if standing is not None and (url := _address(entry.view)) and entry.rule(standing())
    ]


def _address(view: str) -> str | None:
    try:
        return reverse(view)
    except NoReverseMatch:
        return None


def _nearness(entry: Entry, here: str) -> int:
    """How much of the page's view name the entry names: 0 where it is not its page."""
    words = [word for word in entry.covers if here.startswith(word)]
    return len(max([entry.view, *words] if here == entry.view else words, key=len, default=""))

"""A page that is a form: shown, refused with the service's sentences at its fields, or done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from people.person_forms.base import ServiceForm

Done = TypeVar("Done")
_REFUSED = 422


@dataclass(frozen=True)
class Ask:
    """What stands around the form."""

    title: str
    submit: str
    cancel_url: str
    up: Sequence[tuple[str, str]] = field(default=())
    text: str = ""
    tone: str = ""
    keep: str = ""


def attempt(form: ServiceForm, service: Callable[[], Done]) -> Done | None:
    """What the service returns; None when the form or the service refused, with the reasons at the fields."""
    if not form.is_valid():
        return None
    try:
        return service()
    except ValidationError as error:
        form.refuse(error)
        return None


def ask(request: HttpRequest, form: ServiceForm, about: Ask) -> HttpResponse:
    status = _REFUSED if form.errors else 200
    return render(request, "people/ask.html", {"form": form, "ask": about}, status=status)

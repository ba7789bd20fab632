"""Looking at the pages of people as somebody."""

from __future__ import annotations

from typing import Any

from django.test import Client

from people.models import Person


def client_of(who: Person, *, language: str = "en") -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(who.user)
    return client


def listed(who: Person, **params: Any) -> set[Person]:
    """Whom the list of people shows somebody."""
    response = client_of(who).get("/people/", params)
    assert response.status_code == 200
    return {row["person"] for row in response.context["rows"]}

"""Who is expected to get in where, and what everybody else is to be answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

# What they ask for belongs to affiliate A. These have no business there: all but the machine work elsewhere.
OUTSIDERS = ("anonymous", "learner", "manager", "instructor", "training_admin", "partner", "client")
# `owner` is the learner whose object it is; `boss` leads them, `neighbour` another team of the same affiliate,
# `teacher` teaches the course, `admin` is training admin of A; the last three serve the whole group.
INSIDERS = ("owner", "boss", "neighbour", "teacher", "admin", "group_admin", "operator", "staff")
ROLES = (*OUTSIDERS, *INSIDERS)
# A page knows people by their session; the bearer token of a machine opens nothing but the API.
NOBODY = ("anonymous", "client")


@dataclass(frozen=True)
class Rule:
    """`fill` gives each parameter of the address as a path into the world: `slug="course.slug"`."""

    enters: frozenset[str]
    # What those get who may not: 404 where the object is not theirs to see, 403 where a role is missing.
    refusal: int = 404
    fill: Mapping[str, str] = field(default_factory=dict)
    # Who holds the role that the page needs, of another affiliate: for them the object does not exist.
    unseeing: frozenset[str] = frozenset()
    query: Mapping[str, str] = field(default_factory=dict)
    is_api: bool = False
    # A library's own pages: they answer a wrong method or an empty form in their own way.
    is_lax: bool = False
    # Whoever enters reads; a form sent to it is refused, from everybody.
    is_for_reading: bool = False
    # Where people say who they are: there they choose their affiliate, so its name is no secret.
    names_affiliates: bool = False
    # Empty: all. Where many pages share one door, all ask at one of them, and a few at the others.
    visitors: frozenset[str] = frozenset()

    def asking(self, **query: str) -> Rule:
        """With a query string whose values are paths into the world."""
        return replace(self, query=query)

    def asked_as(self, *roles: str) -> Rule:
        return replace(self, visitors=_known(roles))

    def refusing(self, status: int) -> Rule:
        return replace(self, refusal=status)

    def unseen_by(self, *roles: str) -> Rule:
        return replace(self, unseeing=_known(roles))

    @property
    def api(self) -> Rule:
        """An endpoint: who is not known gets 401; a machine may be known, and is refused as people are."""
        return replace(self, is_api=True)

    @property
    def for_reading(self) -> Rule:
        return replace(self, is_for_reading=True)

    @property
    def naming_affiliates(self) -> Rule:
        return replace(self, names_affiliates=True)

    @property
    def lax(self) -> Rule:
        return replace(self, is_lax=True)


def public(**fill: str) -> Rule:
    return Rule(frozenset(ROLES), fill=fill)


def account(**fill: str) -> Rule:
    """Whoever is logged in; what they see there is their own."""
    return Rule(frozenset(ROLES) - frozenset(NOBODY), fill=fill)


def only(*roles: str, **fill: str) -> Rule:
    """An object of these; for all others it does not exist."""
    return Rule(_known(roles), fill=fill)


def page_for(*roles: str, **fill: str) -> Rule:
    """A page that needs a role, and tells who lacks it."""
    return Rule(_known(roles), refusal=403, fill=fill)


def _known(roles: Iterable[str]) -> frozenset[str]:
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    return frozenset(roles)

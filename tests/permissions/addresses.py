"""Every address of a URLconf, whoever brought it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.contrib.admindocs.utils import (
    replace_metacharacters,
    replace_named_groups,
    replace_unnamed_groups,
)
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """`name` with its namespaces; the route stands in for a missing one. Route: `courses/<slug>/`."""

    name: str
    route: str

    @property
    def parameters(self) -> list[str]:
        return _CONVERTER.findall(self.route)

    def path(self, values: Mapping[str, str]) -> str:
        return "/" + _CONVERTER.sub(lambda match: quote(values[match[1]]), self.route)


def addresses(urlconf: str | None = None) -> list[Address]:
    """One view under two names at the same place is one address, of the first name."""
    found: dict[tuple[str, object], Address] = {}
    for address, view in _below(get_resolver(urlconf), "", ()):
        found.setdefault((address.route, view), address)
    return list(found.values())


def _below(
    resolver: URLResolver, route: str, namespaces: tuple[str, ...]
) -> Iterator[tuple[Address, object]]:
    for pattern in resolver.url_patterns:
        here = route + _plain(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _below(
                pattern, here, (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            )
        else:
            name = ":".join((*namespaces, pattern.name)) if pattern.name else here
            yield Address(name, here), pattern.callback


def _plain(pattern: object) -> str:
    """`courses/<slug:slug>/`, or the regular expression of an older library, as `courses/<slug>/`."""
    if isinstance(pattern, RoutePattern):
        return _CONVERTER.sub(r"<\1>", str(pattern))
    return replace_metacharacters(replace_unnamed_groups(replace_named_groups(str(pattern))))

"""Keyset paging: a page begins after a row, not after a number of rows, so page 1,000 costs what page 1 does.

Rows that come or go meanwhile shift nothing. A cursor holds the ordering values of one row and the direction.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)

SIZE = 50
_LONGEST_CURSOR = 4000
_FORWARD, _BACK = "f", "b"


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order; `next` and `previous` are cursors, "" where there is no such page."""

    rows: list[Row]
    next: str = ""
    previous: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class _Key:
    """One name of the order: a field (`unit__code` goes through relations) or an annotation."""

    name: str
    descending: bool
    field: models.Field[Any, Any]
    nullable: bool

    def after(self, value: Any, *, back: bool) -> Q | None:
        """What comes behind `value`; None where nothing does.

        Null is the greatest value: PostgreSQL has nulls last, going up, and first, going down.
        """
        upwards = self.descending == back
        if value is None:
            return None if upwards else Q(**{f"{self.name}__isnull": False})
        if not upwards:
            return Q(**{f"{self.name}__lt": value})
        greater = Q(**{f"{self.name}__gt": value})
        return greater | Q(**{f"{self.name}__isnull": True}) if self.nullable else greater

    def equals(self, value: Any) -> Q:
        return Q(**{f"{self.name}__isnull": True}) if value is None else Q(**{self.name: value})

    def reach(self, value: Any, *, back: bool) -> Q:
        """A bound that an index on this name alone can use; no bound where nulls may lie on both sides."""
        if value is None or self.nullable:
            return Q()
        return Q(**{f"{self.name}__{'gte' if self.descending == back else 'lte'}": value})

    def read(self, row: models.Model) -> Any:
        value: Any = row
        for part in self.name.split("__"):
            value = getattr(value, part, None)
        return value.pk if isinstance(value, models.Model) else value

    def parse(self, value: Any) -> Any:
        """Raises ValueError, OverflowError or ValidationError for what cannot be a value of this field."""
        if value is None:
            if not self.nullable:
                raise ValidationError("null")
            return None
        if not isinstance(value, str | int | float | bool) or b"\0" in str(value).encode():
            raise ValidationError("not a plain value")
        field = getattr(self.field, "target_field", self.field)
        parsed = field.to_python(value)
        if not isinstance(parsed, datetime.datetime):
            return parsed
        if timezone.is_naive(parsed):
            raise ValidationError("a time without its zone")
        # PostgreSQL reads no offset of 16 hours; Python does.
        return parsed.astimezone(datetime.UTC)


def page_of(
    queryset: models.QuerySet[Row],
    *,
    order: Sequence[str] = ("-created_at", "-id"),
    size: int = SIZE,
    cursor: str | None = None,
) -> Page[Row]:
    """One page in one query, `cursor` as the address brings it: nonsense gives the first page.

    `order` takes fields, paths through single-valued relations (select them: their values are read from the rows) and
    annotations; up and down may be mixed, values may repeat and be null. The primary key is added where it is missing,
    so that the order is total. An index in the same order keeps it fast.
    """
    keys = _keys(queryset, order)
    place = _decode(cursor, keys)
    if place is not None and place[0] == _BACK:
        rows = list(_slice(queryset, keys, place[1], back=True)[: size + 1])
        if len(rows) > size:
            rows = rows[:size][::-1]
            return Page(rows, _encode(_FORWARD, keys, rows[-1]), _encode(_BACK, keys, rows[0]))
        place = None  # the beginning is near: show the first page, and a whole one
    rows = list(_slice(queryset, keys, place[1] if place else None, back=False)[: size + 1])
    has_next, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        _encode(_FORWARD, keys, rows[-1]) if has_next else "",
        _encode(_BACK, keys, rows[0]) if place and rows else "",
    )


def links_of(page: Page[Any], request: HttpRequest) -> dict[str, str]:
    """What `_paging.html` needs: this address with its other parameters, one page on and one back."""
    found = {"next_url": page.next, "previous_url": page.previous}
    return {name: f"?{_with(request.GET, after=after)}" for name, after in found.items() if after}


def _with(parameters: QueryDict, *, after: str) -> str:
    changed = parameters.copy()
    changed["after"] = after
    return changed.urlencode()


def _keys(queryset: models.QuerySet[Row], order: Sequence[str]) -> list[_Key]:
    names = [name.removeprefix("-") for name in order]
    pk = queryset.model._meta.pk  # noqa: SLF001 - documented as public
    is_total = pk.name in names or "pk" in names
    return [_key(queryset, name) for name in (order if is_total else (*order, "pk"))]


def _key(queryset: models.QuerySet[Row], signed: str) -> _Key:
    name = signed.removeprefix("-")
    annotation = queryset.query.annotations.get(name)
    if annotation is not None:
        return _Key(name, signed.startswith("-"), annotation.output_field, nullable=True)
    model: Any = queryset.model
    field, nullable = model._meta.pk, False  # noqa: SLF001 - documented as public
    for part in name.split("__"):
        meta = model._meta  # noqa: SLF001 - documented as public
        field = meta.pk if part == "pk" else meta.get_field(part)
        if not field.concrete:
            raise FieldDoesNotExist(f"{name}: an order goes through fields of one value only")
        nullable = nullable or field.null
        model = field.related_model
    return _Key(name, signed.startswith("-"), field, nullable)


def _slice(
    queryset: models.QuerySet[Row], keys: list[_Key], values: list[Any] | None, *, back: bool
) -> models.QuerySet[Row]:
    ordered = queryset.order_by(*(f"-{key.name}" if key.descending != back else key.name for key in keys))
    if values is None:
        return ordered
    behind, same = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        condition = key.after(value, back=back)
        if condition is not None:
            behind |= same & condition
        same &= key.equals(value)
    return ordered.filter(keys[0].reach(values[0], back=back) & behind)


def _encode(direction: str, keys: list[_Key], row: models.Model) -> str:
    plain = [direction, *(_plain(key.read(row)) for key in keys)]
    data = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode(errors="surrogatepass")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _decode(cursor: str | None, keys: list[_Key]) -> tuple[str, list[Any]] | None:
    """(direction, values); None for no cursor and for nonsense."""
    if not cursor or len(cursor) > _LONGEST_CURSOR:
        return None
    try:
        direction, *plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if direction not in {_FORWARD, _BACK} or len(plain) != len(keys):
            return None
        return direction, [key.parse(value) for key, value in zip(keys, plain, strict=True)]
    except (ValueError, TypeError, ArithmeticError, binascii.Error, ValidationError, RecursionError):
        return None

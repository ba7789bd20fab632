"""Rows by COPY, with ids and dates of the past; the database's own checks and triggers see each of them."""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.utils import timezone
from psycopg import sql

_MILLISECOND = datetime.timedelta(milliseconds=1)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def past_id(moment: datetime.datetime, dice: random.Random) -> uuid.UUID:
    """A UUIDv7 as a row of that moment has it, so that old rows sort before new ones."""
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    return uuid.UUID(
        int=milliseconds << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62)
    )


def insert(instances: Sequence[models.Model]) -> None:
    """Unsaved instances of one model, in one COPY; each has its id (or a serial one) and its dates."""
    if not instances:
        return
    # A serial id comes from the database.
    fields = [
        field
        for field in instances[0]._meta.concrete_fields  # noqa: SLF001 - documented as public
        if not isinstance(field, models.AutoField)
    ]
    copy(
        type(instances[0]),
        [field.attname for field in fields],
        (
            [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
            for row in instances
        ),
    )


def copy(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows as values in the order of `names` (attribute names); what is not named gets the field's default, or now."""
    options = model._meta  # noqa: SLF001 - documented as public
    by_name = {field.attname: field for field in options.concrete_fields}
    others = [
        field
        for name, field in by_name.items()
        if name not in names and not isinstance(field, models.AutoField)
    ]
    rest = [field.get_db_prep_save(_usual(field), connection) for field in others]
    columns = [by_name[name].column for name in names] + [field.column for field in others]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(options.db_table),
        sql.SQL(", ").join(sql.Identifier(str(column)) for column in columns),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as writer:
        for row in rows:
            writer.write_row([*row, *rest])


def _usual(field: Any) -> Any:
    is_stamp = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return timezone.now() if is_stamp else field.get_default()

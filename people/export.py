"""People as a file for a spreadsheet: whom a list shows to whoever asks, however many they are."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.languages import as_read_by
from people.listing import Wanted, as_rows, people_wanted, wanted_from
from people.models import Person, User
from people.models.persons import PersonQuerySet
from people.reach import reach_of
from records import artifacts
from records.audit import audit
from records.longjobs import Cancelled, JobFailed, LongWork, key_of, register, start_job
from records.models import LongJob

KIND, PARTS = "people.export", "exports"
BATCH = 2000
# What a spreadsheet would take for a formula when a cell begins with it; Korean and Japanese ones the wide signs, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BOM = "\ufeff"  # by which Excel knows that it is UTF-8


def register_export() -> None:
    register(KIND, label=gettext_lazy("Export of people"), run=export_people, parts=PARTS)


def start_export(wanted: Wanted, *, by: User) -> LongJob:
    """The same export asked for twice is one, as long as it runs."""
    params = wanted.as_params()
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
    return start_job(KIND, by=by, params=params, unique=f"{by.pk}:{digest}")


def export_people(work: LongWork) -> None:
    """Goes on after its last part when it was interrupted. Who asked must still be an admin: it is their sight."""
    user = work.job.requested_by
    if user is None or not user.is_active or not reach_of(user).is_admin:
        raise JobFailed(gettext_lazy("You are no admin of people any more, so nothing is exported."))
    reach = reach_of(user)
    people, _order = people_wanted(user, reach, wanted_from(work.params, reach))
    with as_read_by(user):
        try:
            _write(work, people.order_by("sort_key", "id"), user)
        except Cancelled:
            _remove_parts(work.job)
            raise


def _write(work: LongWork, people: PersonQuerySet, user: User) -> None:
    total = people.count()
    state: dict[str, Any] = work.checkpoint or {"parts": 0, "done": 0, "after": None}
    while batch := list(as_rows(_behind(people, state["after"]))[:BATCH]):
        text = "" if state["parts"] else _BOM + _line(_heads())
        text += "".join(_line(_cells(person)) for person in batch)
        artifacts.store_file(io.BytesIO(text.encode()), key=_part(work.job, state["parts"]))
        last, done = batch[-1], state["done"] + len(batch)
        state = {"parts": state["parts"] + 1, "done": done, "after": [last.sort_key, str(last.pk)]}
        work.progress(done, max(total, done), checkpoint=state)
    _finish(work, state, user)


def _behind(people: PersonQuerySet, after: list[str] | None) -> PersonQuerySet:
    if after is None:
        return people
    key, pk = after
    return people.filter(Q(sort_key__gt=key) | Q(sort_key=key, pk__gt=pk), sort_key__gte=key)


def _finish(work: LongWork, state: dict[str, Any], user: User) -> None:
    with tempfile.TemporaryFile() as file:
        if not state["parts"]:
            file.write((_BOM + _line(_heads())).encode())
        for number in range(state["parts"]):
            with artifacts.open_file(_part(work.job, number)) as part:
                file.write(part.read())
        work.result(f"people-{timezone.localdate():%Y-%m-%d}.csv", "text/csv; charset=utf-8", file)
    with transaction.atomic():
        audit("people.export", work.job, by=user, after={"people": state["done"], **work.params})
    _remove_parts(work.job, state["parts"])


def _part(job: LongJob, number: int) -> str:
    return key_of(PARTS, job, number)


def _remove_parts(job: LongJob, parts: int | None = None) -> None:
    for number in range((job.checkpoint or {}).get("parts", 0) if parts is None else parts):
        artifacts.remove(_part(job, number))


def _heads() -> list[str]:
    return [
        _("Name in Korean"),
        _("Name in English"),
        _("E-mail"),
        _("Employee number"),
        _("Kind"),
        _("Status"),
        _("Affiliate"),
        _("Unit"),
        _("Unit code"),
        _("Job"),
        _("Manager"),
        _("Deactivated since"),
    ]


def _cells(person: Any) -> list[str]:
    since = timezone.localdate(person.suspended_at).isoformat() if person.suspended_at else ""
    return [
        person.name.get("ko", ""),
        person.name.get("en", ""),
        person.user.email,
        (person.number or "").rpartition("/")[2],
        Person.Kind(person.kind).label,
        Person.Status(person.status).label,
        str(person.affiliate or ""),
        str(person.unit or ""),
        person.unit.code if person.unit else "",
        str(person.job_role or ""),
        str(person.manager or ""),
        since,
    ]


def _line(cells: list[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_plain(str(cell)) for cell in cells])
    return out.getvalue()


def _plain(text: str) -> str:
    """No formula, whatever the program that opens it makes of a leading sign."""
    return f"'{text}" if text.startswith(_FORMULA) else text

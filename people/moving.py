"""Moving a unit with more people in it than a page should wait for."""

from __future__ import annotations

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from people.languages import as_read_by
from people.models import OrganizationUnit, User
from people.services.units import move_unit, people_placed_in
from records.longjobs import Cancelled, JobFailed, LongWork, register, start_job
from records.models import LongJob

KIND = "people.move_unit"
# So many people move while somebody waits: about two seconds.
AT_ONCE = 200


def register_move() -> None:
    register(KIND, label=gettext_lazy("Move of a unit"), run=_move)


def takes_long(unit: OrganizationUnit, *, parent: OrganizationUnit) -> bool:
    """Within an affiliate nobody's own row changes, however many they are."""
    is_moved_out = parent.affiliate_id != unit.affiliate_id
    return is_moved_out and people_placed_in(unit)[: AT_ONCE + 1].count() > AT_ONCE


def start_move(unit: OrganizationUnit, *, parent: OrganizationUnit, by: User) -> LongJob:
    params = {"unit": str(unit.pk), "parent": str(parent.pk)}
    return start_job(KIND, by=by, params=params, unique=f"{by.pk}:{unit.pk}:{parent.pk}")


def _move(work: LongWork) -> None:
    """All of it or nothing, so that nobody sees a unit in one affiliate and its people in another."""
    user = work.job.requested_by
    units = OrganizationUnit.objects.none()
    if user is not None and user.is_active:
        units = OrganizationUnit.objects.editable_by(user)
    unit = units.filter(pk=work.params["unit"]).select_related("parent", "affiliate").first()
    parent = units.filter(pk=work.params["parent"]).first()
    if user is None or unit is None or parent is None:
        raise JobFailed(gettext_lazy("You may not move this unit there any more, so nothing is moved."))
    people = people_placed_in(unit).count()
    work.progress(0, people, note=unit.name)
    with as_read_by(user):
        try:
            move_unit(unit, parent=parent, by=user)
        except ValidationError as error:
            raise JobFailed(" ".join(error.messages)) from error
    with suppress(Cancelled):  # it came too late: everything is done
        work.progress(people, people)

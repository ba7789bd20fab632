"""Every change to courses, enrollments and completions."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.drafts import CourseDraft
from courses.kinds import kind_of
from courses.models import Course, CourseRun, CourseVersion, Enrollment, Module, Unit, UnitCompletion
from courses.telling import tell_enrolled
from people.models import OrganizationUnit, Person, User
from records.audit import audit


@transaction.atomic
def import_course(
    draft: CourseDraft, *, owner: OrganizationUnit, by: User | None
) -> tuple[CourseVersion, bool]:
    """Publish `draft` as the next version of its course; all of it or nothing.

    Returns the version and whether it is new: equal content publishes nothing twice. A course's first
    version opens a self-paced run; existing runs stay on the version they have.
    """
    course = _describe_course(draft, owner=owner)
    latest = course.versions.order_by("-number").first()
    if latest is not None and latest.content_hash == draft.content_hash:
        return latest, False
    version = CourseVersion.objects.create(
        course=course,
        number=latest.number + 1 if latest else 1,
        content_hash=draft.content_hash,
        status=CourseVersion.Status.PUBLISHED,
        published_at=timezone.now(),
    )
    _store_units(version, draft)
    audit("course.publish", version, by=by, after={"slug": course.slug, "number": version.number})
    if latest is None:
        CourseRun.objects.create(course=course, version=version, opens_at=timezone.now())
    return version, True


def _describe_course(draft: CourseDraft, *, owner: OrganizationUnit) -> Course:
    facts = {
        "title": draft.title,
        "summary": draft.summary,
        "outcomes": list(draft.outcomes),
        "languages": list(draft.languages),
        "level": draft.level,
        "hours": draft.hours,
        "skills": list(draft.skills),
        "practice": _practice(draft),
    }
    course, _created = Course.objects.select_for_update().update_or_create(
        slug=draft.slug, defaults=facts, create_defaults={**facts, "owner": owner}
    )
    return course


def _practice(draft: CourseDraft) -> str:
    needs = (kind_of(unit).practice(unit) for module in draft.modules for unit in module.units)
    return max(needs, key=Course.Practice.values.index, default=Course.Practice.NONE)


def _store_units(version: CourseVersion, draft: CourseDraft) -> None:
    for module_position, module_draft in enumerate(draft.modules, start=1):
        module = Module.objects.create(version=version, position=module_position, title=module_draft.title)
        for position, unit_draft in enumerate(module_draft.units, start=1):
            unit = Unit.objects.create(
                version=version,
                module=module,
                position=position,
                key=unit_draft.key,
                kind=unit_draft.kind,
                title=unit_draft.title,
                minutes=unit_draft.minutes,
                content=dict(unit_draft.content),
            )
            kind_of(unit).save(unit, unit_draft)


@transaction.atomic
def enroll(person: Person, *, course: Course, by: User) -> Enrollment:
    """The person's active enrollment in the course; where there is none yet, one in its newest open run.

    Raises ValidationError where no run is open. A newer run never takes anybody out of the one they are in.
    """
    taken = Enrollment.objects.active().filter(person=person, run__course=course)
    enrollment = taken.order_by("-created_at").first()
    if enrollment is not None:
        return enrollment
    run = course.runs.open().order_by("-opens_at").first()
    if run is None:
        raise ValidationError(
            _("No run of this course is open now. Ask whoever offers it when the next one begins.")
        )
    return enroll_in_run(person, run=run, by=by)


@transaction.atomic
def enroll_in_run(person: Person, *, run: CourseRun, by: User) -> Enrollment:
    """Enroll `person` in this very run; enrolling twice returns the enrollment that is already there.

    Raises ValidationError where the run is not open.
    """
    if not CourseRun.objects.open().filter(pk=run.pk).exists():
        raise ValidationError(_("This run is not open. Choose another run of the course."))
    try:
        with transaction.atomic():
            enrollment = Enrollment.objects.create(person=person, run=run)
    except IntegrityError:
        return Enrollment.objects.active().get(person=person, run=run)
    after = {"run": str(run.pk), "source": enrollment.source}
    audit("enrollment.create", enrollment, by=by, about=person.user, after=after)
    if by.pk != person.user_id:
        tell_enrolled(enrollment)
    return enrollment


@transaction.atomic
def complete_unit(enrollment: Enrollment, *, unit: Unit, rule: str, by: User | None) -> UnitCompletion:
    """Mark a unit as completed under `rule` (a word such as "read" or "cutoff"); sticky and idempotent.

    `by` None is the grading engine.
    """
    completion, is_new = UnitCompletion.objects.get_or_create(
        enrollment=enrollment, unit_key=unit.key, defaults={"version": unit.version, "rule": rule}
    )
    if is_new:
        after = {"enrollment": str(enrollment.pk), "unit": unit.key, "rule": rule}
        audit("unit.complete", completion, by=by, about=enrollment.person.user, after=after)
    return completion

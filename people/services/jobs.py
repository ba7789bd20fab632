"""Job families and the roles in them: required training and recommendations go by these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from people.models import JobFamily, JobRole, User
from people.names import clean_names
from records.audit import audit

CODE_LENGTH = 40


@transaction.atomic
def create_family(*, code: str, name: Mapping[str, str], by: User | None) -> JobFamily:
    """Raises ValidationError by field: code (taken, or no slug), name."""
    family = JobFamily(code=clean_code(code), name=clean_names(name))
    _save(family)
    audit("job_family.create", family, by=by, after=_facts(family))
    return family


@transaction.atomic
def create_job_role(*, family: JobFamily, code: str, name: Mapping[str, str], by: User | None) -> JobRole:
    """Raises ValidationError by field: code (taken, or no slug), name."""
    role = JobRole(family=family, code=clean_code(code), name=clean_names(name))
    _save(role)
    audit("job_role.create", role, by=by, after=_facts(role))
    return role


@transaction.atomic
def rename_job(job: JobFamily | JobRole, *, name: Mapping[str, str], by: User | None) -> None:
    """The code stays: others refer to it. Raises ValidationError by field: name."""
    before = _facts(job)
    job.name = clean_names(name)
    job.save(update_fields=["name", "updated_at"])
    action = "job_family.rename" if isinstance(job, JobFamily) else "job_role.rename"
    audit(action, job, by=by, before=before, after=_facts(job))


def clean_code(code: str) -> str:
    """Lower case, letters, digits, - and _. Raises ValidationError for the field code."""
    code = code.strip().lower()
    try:
        validate_slug(code)
    except ValidationError as error:
        raise ValidationError({"code": error.error_list}) from error
    if len(code) > CODE_LENGTH:
        raise ValidationError({"code": _("A code may have 40 characters.")})
    return code


def _save(row: models.Model) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ValidationError({"code": _("Another one has this code. Choose another code.")}) from error


def _facts(job: JobFamily | JobRole) -> dict[str, Any]:
    return {"code": job.code, "name": dict(job.name)}

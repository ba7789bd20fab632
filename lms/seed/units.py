"""The organization tree of the sample group, as rows."""

from __future__ import annotations

import datetime

from lms.seed.ledger import Ledger
from lms.seed.organization import AFFILIATES, GROUP
from lms.seed.rows import insert, past_id
from people.models import OrganizationUnit

Kind = OrganizationUnit.Kind


def seed_units(ledger: Ledger) -> dict[str, OrganizationUnit]:
    """Create what is missing of the tree, level by level; all units by code."""
    known = _by_code()
    group = known[GROUP]
    at = ledger.begin + datetime.timedelta(minutes=1)

    def missing(kind: str, parent: OrganizationUnit, code: str, en: str, ko: str) -> list[OrganizationUnit]:
        if code in known:
            return []
        unit = OrganizationUnit(kind=kind, parent=parent, code=code, name={"en": en, "ko": ko})
        unit.id, unit.created_at, unit.updated_at = past_id(at, ledger.dice), at, at
        known[code] = unit
        ledger.audit("unit.create", unit, at=at, by=None, after={"code": code, "name": dict(unit.name)})
        return [unit]

    affiliates: list[OrganizationUnit] = []
    for plan in AFFILIATES:
        new = missing(Kind.AFFILIATE, group, plan.code, plan.en, plan.ko)
        for unit in new:
            unit.time_zone, unit.locale = plan.time_zone, plan.locale
        affiliates += new
    insert(affiliates)
    plans = [(known[plan.code], division) for plan in AFFILIATES for division in plan.divisions]
    insert(
        [unit for above, row in plans for unit in missing(Kind.DEPARTMENT, above, row.code, row.en, row.ko)]
    )
    teams = [(known[division.code], team) for _affiliate, division in plans for team in division.teams]
    insert(
        [unit for above, row in teams for unit in missing(Kind.DEPARTMENT, above, row.code, row.en, row.ko)]
    )
    return _by_code()


def _by_code() -> dict[str, OrganizationUnit]:
    """With their affiliates and paths, which the database fills in."""
    return {unit.code: unit for unit in OrganizationUnit.objects.select_related("affiliate")}

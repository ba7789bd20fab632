"""The sample group, whole: accounts, courses, a workforce, and a year in which they learned."""

from __future__ import annotations

from django.db import connection, transaction

from courses.files import read_course
from courses.models import Course
from courses.services import import_course
from lms.places import BASE_DIR
from lms.seed.accounts import seed_accounts
from lms.seed.catalogue import seed_catalogue
from lms.seed.learning import seed_reading
from lms.seed.ledger import Ledger
from lms.seed.organization import AFFILIATES, GROUP
from lms.seed.practice import Practice
from lms.seed.story import tell_stories
from lms.seed.workforce import Workforce
from lms.smoke import COURSE
from people.models import OrganizationUnit, User

SAMPLES = BASE_DIR / "courses" / "samples"
_SEED = 20240304


class RealSite(Exception):
    """Somebody's own people are here; the message says what gives them away."""


def seed_group() -> bool:
    """Create what is missing of the sample group, all of it or nothing; whether the year was told just now.

    Raises RealSite where the site belongs to somebody.
    """
    _refuse_a_real_site()
    drafts = [read_course(folder) for folder in sorted(SAMPLES.iterdir()) if folder.is_dir()]
    with transaction.atomic():
        seed_accounts()
        group = OrganizationUnit.objects.get(code=GROUP)
        for draft in drafts:
            owner = OrganizationUnit.objects.get(code=AFFILIATES[0].code)
            version, _is_new = import_course(draft, owner=owner, by=None)
            version.course.open_to.add(group)
        if OrganizationUnit.objects.filter(code=AFFILIATES[-1].code).exists():
            return False
        _tell_the_year()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return True


def _tell_the_year() -> None:
    ledger = Ledger(_SEED)
    workforce = Workforce(ledger)
    workforce.build()
    taught = seed_catalogue(ledger, workforce)
    practice = Practice(ledger, Course.objects.get(slug=COURSE))
    employees = [worker for worker in workforce.workers if worker.employments]
    seed_reading(ledger, taught, employees)
    practice.build(employees)
    tell_stories(ledger, practice, taught)
    ledger.write()


def _refuse_a_real_site() -> None:
    groups = OrganizationUnit.objects.filter(kind=OrganizationUnit.Kind.GROUP).exclude(code=GROUP)
    if other := groups.first():
        raise RealSite(f"this site is that of {other}; the sample group is only for an empty one")
    refuse_real_accounts()


def refuse_real_accounts() -> None:
    """Raises RealSite. Nobody can have an address below .example (RFC 2606)."""
    real = User.objects.exclude(is_demo=True).exclude(email__endswith=".example")
    if real.exclude(integration_client__isnull=False).exists():
        raise RealSite("this site has real accounts; the sample group is only for an empty one")

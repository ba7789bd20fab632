"""The tree and the jobs through their pages."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from people import moving
from people.models import JobFamily, JobRole, OrganizationUnit, Person
from people.services.roles import take_role
from people.services.units import create_unit, move_unit
from records.longjobs import cancel_job, queue, work
from records.models import AuditEvent, LongJob
from tests import factories
from tests.people.browsing import client_of

pytestmark = pytest.mark.django_db


def department(code: str, parent: OrganizationUnit) -> OrganizationUnit:
    return create_unit(kind="department", parent=parent, code=code, name={"en": code.title()}, by=None)


@pytest.fixture
def boss() -> Person:
    return factories.admin("group_admin")


def post(who: Person, address: str, **data: Any) -> Any:
    return client_of(who).post(address, data)


def test_a_training_admin_sees_the_own_affiliate_with_its_people(boss: Person) -> None:
    admin, chemical = factories.admin(), factories.affiliate("chemical")
    lab = department("lab", factories.affiliate())
    factories.person(at=lab)
    page = client_of(admin).get("/organization/").content.decode()
    assert "Electronics" in page
    assert "Lab" in page
    assert "Chemical" not in page
    assert "3 people" in page  # the two admins and the worker below
    whole = client_of(boss).get("/organization/").content.decode()
    assert "Chemical" in whole
    assert client_of(admin).get(f"/organization/{chemical.pk}/").status_code == 404
    assert client_of(admin).get(f"/organization/{lab.parent_id}/").status_code == 200
    for charlie in (factories.person(), factories.partner(), factories.admin("operator")):
        assert client_of(charlie).get("/organization/").status_code == 403
        assert client_of(charlie).get("/job-roles/").status_code == 403
        assert client_of(charlie).get(f"/organization/{lab.pk}/edit/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_the_tree_and_a_unit_ask_eight_questions(
    count: int, boss: Person, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    home = factories.affiliate()
    for number in range(count):
        factories.person(at=department(f"lab{number}", home))
    client = client_of(boss)
    for address in ("/organization/", "/job-roles/"):
        with django_assert_max_num_queries(8):
            assert client.get(address).status_code == 200
    with django_assert_max_num_queries(8):
        assert client.get(f"/organization/{home.pk}/").status_code == 200


def test_units_are_created_renamed_and_moved(boss: Person) -> None:
    admin, home = factories.admin(), factories.affiliate()
    lab, team = department("lab", home), department("team", home)
    new = {"kind": "department", "code": "vision", "name_en": "Vision", "name_ko": "비전"}
    post(admin, f"/organization/{lab.pk}/new/", **new)
    vision = OrganizationUnit.objects.get(code="vision")
    assert vision.parent == lab
    post(admin, f"/organization/{vision.pk}/edit/", name_en="Vision AI")
    post(admin, f"/organization/{vision.pk}/move/", parent="team")
    vision.refresh_from_db()
    assert (vision.parent, dict(vision.name)) == (team, {"en": "Vision AI"})
    group = home.parent
    assert group is not None
    zone = {"time_zone": "Europe/Budapest", "locale": "en"}
    post(boss, f"/organization/{group.pk}/new/", kind="affiliate", code="hungary", name_en="Hungary", **zone)
    assert OrganizationUnit.objects.get(code="hungary").time_zone == "Europe/Budapest"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "lab"}, "code"),
        ({"code": "no code"}, "code"),
        ({"code": "x" * 41}, "code"),
        ({"kind": "affiliate"}, "kind"),
        ({"name_en": ""}, "name_ko"),
        ({"name_en": "a\u202eb"}, "name_ko"),
    ],
)
def test_a_bad_unit_is_refused_at_its_field(change: dict[str, str], field: str) -> None:
    home = factories.affiliate()
    department("lab", home)
    data = {"kind": "department", "code": "fresh", "name_en": "Fresh"} | change
    response = post(factories.admin(), f"/organization/{home.pk}/new/", **data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert OrganizationUnit.objects.filter(parent=home).count() == 1


def test_a_cycle_and_a_place_of_another_admin_are_refused_at_the_field(boss: Person) -> None:
    lab = department("lab", factories.affiliate())
    team = department("team", lab)
    factories.affiliate("chemical")
    for who, parent in ((boss, "team"), (boss, "lab"), (factories.admin(), "chemical")):
        response = post(who, f"/organization/{lab.pk}/move/", parent=parent)
        assert list(response.context["form"].errors) == ["parent"]
    lab.refresh_from_db()
    assert lab.parent == factories.affiliate()
    assert team.path[-2] == lab.pk


def test_jobs_are_the_group_admins(boss: Person) -> None:
    assert (
        post(boss, "/job-roles/families/new/", name_en="Engineering", code="engineering").status_code == 302
    )
    family = JobFamily.objects.get()
    post(boss, "/job-roles/new/", family=family.pk, name_en="AI engineer", code="ai")
    job = JobRole.objects.get()
    post(boss, f"/job-roles/{job.pk}/", name_en="AI engineer II")
    post(boss, f"/job-roles/families/{family.pk}/", name_en="R&D")
    page = client_of(factories.admin()).get("/job-roles/").content.decode()
    assert "AI engineer II" in page
    assert "R&amp;D" in page
    taken = post(boss, "/job-roles/families/new/", name_en="Other", code="ENGINEERING")
    assert list(taken.context["form"].errors) == ["code"]
    for address in (
        "/job-roles/new/",
        "/job-roles/families/new/",
        f"/job-roles/{job.pk}/",
        f"/job-roles/families/{family.pk}/",
    ):
        assert client_of(factories.admin()).get(address).status_code == 403


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> OrganizationUnit:
    """A department with more people than move while somebody waits."""
    monkeypatch.setattr(moving, "AT_ONCE", 2)
    lab = department("lab", factories.affiliate())
    for _number in range(3):
        factories.person(at=lab)
    return lab


def work_on_next() -> LongJob:
    job = queue.claim()
    assert job is not None
    work.work_on(job)
    return LongJob.objects.get(pk=job.pk)


def test_a_large_unit_moves_to_another_affiliate_as_background_work(
    boss: Person, crowd: OrganizationUnit
) -> None:
    chemical = factories.affiliate("chemical")
    for _click in range(2):
        response = post(boss, f"/organization/{crowd.pk}/move/", parent="chemical")
    job = LongJob.objects.get()
    assert response["Location"] == f"/jobs/{job.pk}/"
    assert not Person.objects.filter(affiliate=chemical).exists()
    job = work_on_next()
    assert (job.state, job.done, job.total) == ("done", 3, 3)
    assert Person.objects.filter(affiliate=chemical, unit=crowd).count() == 3
    assert AuditEvent.objects.get(action="unit.move").actor == boss.user


def test_a_move_that_is_cancelled_too_late_says_that_it_is_done(
    boss: Person, crowd: OrganizationUnit, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.affiliate("chemical")
    post(boss, f"/organization/{crowd.pk}/move/", parent="chemical")

    def move_while_somebody_cancels(*args: Any, **options: Any) -> None:
        move_unit(*args, **options)
        cancel_job(LongJob.objects.get(), by=boss.user)

    monkeypatch.setattr(moving, "move_unit", move_while_somebody_cancels)
    assert work_on_next().state == "done"


def test_a_large_unit_moves_within_its_affiliate_at_once(boss: Person, crowd: OrganizationUnit) -> None:
    team = department("team", factories.affiliate())
    post(boss, f"/organization/{crowd.pk}/move/", parent="team")
    crowd.refresh_from_db()
    assert crowd.parent == team
    assert not LongJob.objects.exists()


def test_a_move_fails_with_a_sentence_once_its_admin_may_not_move_it(
    boss: Person, crowd: OrganizationUnit
) -> None:
    factories.affiliate("chemical")
    post(boss, f"/organization/{crowd.pk}/move/", parent="chemical")
    factories.admin("group_admin")
    take_role(boss.roles.get(), by=None)
    job = work_on_next()
    assert job.state == "failed"
    assert "may not move this unit" in str(job.failure)
    crowd.refresh_from_db()
    assert crowd.parent == factories.affiliate()


def test_a_large_move_below_itself_fails_with_the_same_sentence(
    boss: Person, crowd: OrganizationUnit
) -> None:
    boss.user.language = "en"
    boss.user.save(update_fields=["language"])
    job = moving.start_move(crowd, parent=department("team", crowd), by=boss.user)
    assert work_on_next() == job
    job.refresh_from_db()
    assert "cannot hang below itself" in str(job.failure)

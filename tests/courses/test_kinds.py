"""A newcomer adds a unit kind: what docs/adding-a-unit-kind.md says, done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.http import HttpRequest
from django.test import Client

from courses import kinds
from courses.drafts import UnitDraft
from courses.files import read_course
from courses.kinds import UnitKind
from courses.models import CourseRun, Enrollment, Unit
from courses.progress import progress_of
from courses.services import import_course
from people.models import OrganizationUnit
from tests.factories import affiliate, enrollment


class Link(UnitKind):
    """A page elsewhere that is worth reading: a `.url` file."""

    name: ClassVar = "link"
    label: ClassVar = "Link"
    icon: ClassVar = "file-text"
    template: ClassVar = "courses/_reading.html"
    completed_by_reader: ClassVar = True

    def matches(self, path: Path) -> bool:
        return path.suffix == ".url"

    def parse(self, path: Path, *, languages: Sequence[str]) -> UnitDraft:
        return UnitDraft(
            key=path.stem,
            kind=self.name,
            title=dict.fromkeys(languages, path.stem),
            minutes=1,
            content={"address": path.read_text().strip()},
        )

    def rule(self, unit: Unit) -> str:
        return f"Visit {unit.content['address']}"

    def context(self, request: HttpRequest, unit: Unit, enrollment: Enrollment) -> Mapping[str, Any]:
        return {"html": unit.content["address"]}


@pytest.fixture
def link() -> Iterator[None]:
    kinds.register(Link())
    yield
    kinds._kinds.pop("link")  # noqa: SLF001 - nothing but a test takes a kind away


def write_course(folder: Path) -> Path:
    (folder / "01-links").mkdir()
    (folder / "course.yaml").write_text(
        "slug: links\ntitle: {en: Links}\nsummary: {en: Worth a look}\noutcomes: []\nlanguages: [en]\n"
        "level: beginner\nhours: 1\nskills: []\nenvironment: base\n"
    )
    (folder / "01-links" / "module.yaml").write_text("title: {en: Links}\n")
    (folder / "01-links" / "wine.url").write_text("https://example.com/wine\n")
    return folder


@pytest.mark.django_db
def test_a_new_kind_is_imported_shown_and_explained(link: None, tmp_path: Path) -> None:
    version, _is_new = import_course(read_course(write_course(tmp_path)), owner=affiliate(), by=None)
    version.course.open_to.add(OrganizationUnit.objects.get(code="group"))
    taken = enrollment(CourseRun.objects.get(course=version.course))
    client = Client()
    client.force_login(taken.person.user)
    page = client.get("/courses/links/units/wine/").content.decode()
    assert "Visit https://example.com/wine" in page
    assert "Link" in client.get("/courses/links/").content.decode()
    assert client.post("/courses/links/units/wine/complete/")["Location"] == "/courses/links/"
    assert progress_of(Enrollment.objects.with_completed())[taken].percent == 100

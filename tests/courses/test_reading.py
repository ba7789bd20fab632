from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from courses.files import read_course
from courses.markdown import render
from courses.models import CourseRun
from courses.services import import_course
from people.models import OrganizationUnit
from tests.factories import affiliate, enrollment


@pytest.mark.django_db
def test_an_image_with_a_korean_name_is_shown(client: Client, tmp_path: Path) -> None:
    folder = tmp_path / "01-module"
    folder.mkdir()
    (tmp_path / "course.yaml").write_text(
        "slug: figures\ntitle: {en: F}\nsummary: {en: F}\noutcomes: []\nlanguages: [en]\n"
        "level: beginner\nhours: 1\nskills: []\n"
    )
    (folder / "module.yaml").write_text("title: {en: F}\n")
    (folder / "01-a.md").write_text("---\nkey: a\ntitle: A\nminutes: 1\n---\n![두 선](그림.png '제목')\n")
    (folder / "그림.png").write_bytes(b"figure")
    version, _is_new = import_course(read_course(tmp_path), owner=affiliate(), by=None)
    version.course.open_to.add(OrganizationUnit.objects.get(code="group"))
    client.force_login(enrollment(CourseRun.objects.get(course=version.course)).person.user)
    address = "/courses/figures/units/a/images/%EA%B7%B8%EB%A6%BC.png"
    assert f'src="{address}"' in client.get("/courses/figures/units/a/").content.decode()
    assert client.get(address).content == b"figure"


def test_a_column_keeps_its_alignment_without_a_style_attribute() -> None:
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |\n")
    assert '<td class="right">2</td>' in html
    assert "style=" not in html

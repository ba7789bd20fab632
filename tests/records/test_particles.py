from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.test import override_settings
from django.utils import translation
from django.utils.translation import gettext, ngettext

from people.models import OrganizationUnit
from records.particles import PairedText, agree, paired


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("과정을(를)", "과정을"),
        ("퀴즈을(를)", "퀴즈를"),
        ("김민준은(는)", "김민준은"),
        ("이서하이(가)", "이서하가"),
        ("마루과(와)", "마루와"),
        ("서울(으)로", "서울로"),
        ("부산(으)로", "부산으로"),
        ("광주(으)로", "광주로"),
        ("모듈은(는)", "모듈은"),
        ("민준아(야)", "민준아"),
        ("강사이(가)", "강사가"),
        ("실습(이)나", "실습이나"),
        ("퀴즈(이)랑", "퀴즈랑"),
        ("실습이에요(예요)", "실습이에요"),
        ("퀴즈이에요(예요)", "퀴즈예요"),
    ],
)
def test_a_particle_follows_the_final_sound_of_a_korean_word(text: str, expected: str) -> None:
    assert agree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0이(가)", "0이"),
        ("1(으)로", "1로"),
        ("2을(를)", "2를"),
        ("3(으)로", "3으로"),
        ("6이(가)", "6이"),
        ("7(으)로", "7로"),
        ("9은(는)", "9는"),
        ("10(으)로", "10으로"),
        ("1,200이(가)", "1,200이"),
        ("10000을(를)", "10000을"),
        ("1000000000000이(가)", "1000000000000가"),
        ("2026과(와)", "2026과"),
        ("85%이(가)", "85%가"),
        ("10MB을(를)", "10MB를"),
    ],
)
def test_numbers_are_read_in_korean(text: str, expected: str) -> None:
    assert agree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GPU을(를)", "GPU를"),
        ("SQL(으)로", "SQL로"),
        ("LLM은(는)", "LLM은"),
        ("CNN이(가)", "CNN이"),
        ("R을(를)", "R을"),
        ("HR(으)로", "HR로"),
        ("Python은(는)", "Python은"),
        ("Docker을(를)", "Docker를"),
        ("Kaggle(으)로", "Kaggle로"),
        ("Excel이(가)", "Excel이"),
        ("module을(를)", "module을"),
        ("notebook을(를)", "notebook을"),
        ("Deep Learning을(를)", "Deep Learning을"),
        ("test을(를)", "test를"),
        ("pandas을(를)", "pandas를"),
        ("NumPy(으)로", "NumPy로"),
        ("basic은(는)", "basic은"),
        ("software이(가)", "software가"),
        ("course을(를)", "course를"),
    ],
)
def test_latin_words_are_read_as_koreans_read_them(text: str, expected: str) -> None:
    assert agree(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("‘퀴즈’을(를)", "‘퀴즈’를"),
        ("&quot;실습&quot;을(를)", "&quot;실습&quot;을"),
        ("<b>마루</b>은(는)", "<b>마루</b>는"),
        ('<a href="/x/">과정</a>」은(는)', '<a href="/x/">과정</a>」은'),
        ("김민준(영업부)이(가)", "김민준(영업부)이"),
        ("김민준 (Sales)과(와)", "김민준 (Sales)과"),
        ("첫걸음…을(를)", "첫걸음…을"),
        ("R&amp;D을(를)", "R&amp;D를"),
        (" 을(를)", "를"),
        ("(으)로", "로"),
        ("하나 을/를", "하나를"),
    ],
)
def test_nothing_between_the_word_and_its_particle_disturbs(text: str, expected: str) -> None:
    assert agree(text) == expected


def test_decomposed_hangul_is_read_the_same() -> None:
    assert agree("\u1112\u1161\u11ab을(를)").endswith("을")


def test_what_people_wrote_is_never_changed() -> None:
    text = paired("%(title)s을(를) 열었어요")
    assert text % {"title": "조사 을(를) 쓰는 법"} == "조사 을(를) 쓰는 법을 열었어요"


def test_a_sentence_without_a_pair_stays_the_string_it_was() -> None:
    text = "%(title)s 열기 (새 창)"
    assert paired(text) is text
    assert not isinstance(paired("값을/를 적어 주세요"), PairedText)


@pytest.fixture
def korean(tmp_path: Path) -> Iterator[None]:
    """A catalogue with sentences that need particles."""
    catalogue = Catalog(locale="ko")
    catalogue.add("%(title)s opened.", "%(title)s을(를) 열었어요.")
    catalogue.add(("%(n)s of %(w)s", "%(n)s of all %(w)s"), ("%(w)s이(가) %(n)s개",))
    path = tmp_path / "ko" / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    with override_settings(LOCALE_PATHS=[tmp_path]), translation.override("ko"):
        yield


def test_gettext_and_templates_choose_the_particle(korean: None) -> None:
    assert gettext("%(title)s opened.") % {"title": "퀴즈"} == "퀴즈를 열었어요."
    page = Template("{% load i18n %}{% blocktranslate %}{{ title }} opened.{% endblocktranslate %}")
    assert page.render(Context({"title": "<실습>"})) == "&lt;실습&gt;을 열었어요."
    assert ngettext("%(n)s of %(w)s", "%(n)s of all %(w)s", 3) % {"n": 3, "w": "단원"} == "단원이 3개"


def test_sentences_of_the_framework_agree_too() -> None:
    with translation.override("ko"), pytest.raises(ValidationError) as error:
        OrganizationUnit(kind="planet").clean_fields(exclude={"name", "code", "path"})
    with translation.override("ko"):
        assert error.value.message_dict["kind"] == ["'planet'은 올바른 선택사항이 아닙니다."]


def test_other_languages_keep_their_slashes() -> None:
    with translation.override("en"):
        assert gettext("은/는") == "은/는"


def test_they_agree_also_in_the_language_that_was_loaded_before_the_apps_were_ready() -> None:
    code = """
import django
django.setup()
from django.conf import settings
from django.utils.translation import gettext
assert settings.LANGUAGE_CODE == "ko"
print(gettext("Moved %(unit)s.") % {"unit": "AI센터"})
"""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "AI센터를 옮겼어요.\n"

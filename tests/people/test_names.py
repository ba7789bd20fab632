from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from people.names import clean_name, clean_titles, search_terms, sort_key


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" 김  지우 ", "김 지우"),
        ("김지우", "김지우"),  # decomposed, as a Mac's file names are
        ("Zoë O’Neill-Smith", "Zoë O’Neill-Smith"),
        ("Иван Петров", "Иван Петров"),
        ("李小龍 (Bruce)", "李小龍 (Bruce)"),
    ],
)
def test_names_of_the_world_are_names(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Kim\0", "invisible"),
        ("Kim\u202egnol", "invisible"),
        ("Kim\u200b", "invisible"),
        ("Kim\n", "invisible"),
        ("Аnna", "mixed"),  # its first letter is Cyrillic
        ("12345", "no_letter"),
        ("", "no_letter"),
        ("가" * 101, "too_long"),
    ],
)
def test_tricks_are_refused(typed: str, code: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_name(typed)
    assert refusal.value.code == code


def test_a_job_title_is_cleaned_but_needs_no_letters_of_one_alphabet() -> None:
    typed = {"ko": " 1팀  책임 ", "en": "R&D, α-lab (Cи)", "de": " "}
    assert clean_titles(typed) == {"ko": "1팀 책임", "en": "R&D, α-lab (Cи)"}


@pytest.mark.parametrize("typed", ["Chief\u200b", "Chief\u202efo", "Chief\n", "C\0", "가" * 101])
def test_a_job_title_with_tricks_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        clean_titles({"en": "Fine", "ko": typed})
    assert list(refusal.value.message_dict) == ["job_title"]


def test_people_are_found_by_each_word_and_by_the_korean_given_name() -> None:
    assert search_terms({"ko": "김지우", "en": "Jiwoo Kim"}, "J.Kim@Maru.example", "A-17") == {
        "김지우",
        "지우",
        "jiwoo kim",
        "kim",
        "j.kim@maru.example",
        "a-17",
    }
    assert sort_key({"en": "Kim", "ko": "김"}) == "김"

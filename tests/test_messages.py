from __future__ import annotations

import pytest

from tests.messages import particle_faults


@pytest.mark.parametrize(
    "text",
    [
        "%(title)s을 열었어요.",
        "%(title)s가 없어요.",
        "‘%(title)s’는 비어 있어요.",
        "<b>%(title)s</b>로 옮겼어요.",
        "%(count)d이 남았어요.",
        "%s와 비교해요.",
        "{name}은 없어요.",
        "{name}을(를) 열었어요.",
        "과정을(를) 열었어요.",
        "(으)로 옮겨요.",
        "%(title)s 과정이/가 없어요.",
    ],
)
def test_a_particle_that_may_not_fit_is_a_fault(text: str) -> None:
    assert len(list(particle_faults(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "%(title)s을(를) 열었어요.",
        "‘%(title)s’은(는) 비어 있어요.",
        "<b>%(unit)s</b>(으)로 옮겼어요. %(other)s과(와) 같아요.",
        "%(count)d개가 남았어요.",
        "%(max)s점 중 %(final)s점이에요.",
        "%(name)s 님, 반가워요",
        "%(site_name)s에서 배워요.",
        "%(day)s부터 %(count)s명이 들어요.",
        "답안과 의견(선택)을 적어 주세요.",
        "노트북(.ipynb)은 10MB까지 돼요.",
    ],
)
def test_a_particle_that_fits_is_none(text: str) -> None:
    assert list(particle_faults(text)) == []

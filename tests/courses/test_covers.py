"""What covers promise: always the same picture, valid SVG, nothing a strict policy would block."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from courses.covers import art_svg, cover_svg

SLUGS = [f"course-{number}" for number in range(60)]


def family_of(svg: str) -> tuple[str, ...]:
    return tuple(sorted({element.tag for element in ET.fromstring(svg)}))  # noqa: S314 - our own


def test_a_slug_always_gives_the_same_cover() -> None:
    assert cover_svg("triton-basics") == cover_svg("triton-basics")
    assert art_svg("triton-basics") == art_svg("triton-basics")


def test_different_slugs_look_different() -> None:
    assert len({cover_svg(slug) for slug in SLUGS}) == len(SLUGS)


def test_every_family_is_used() -> None:
    grounds = {cover_svg(slug).split("fill=", 2)[1] for slug in SLUGS}
    assert len({family_of(cover_svg(slug)) for slug in SLUGS}) >= 3
    assert len(grounds) >= 4


@pytest.mark.parametrize("slug", SLUGS)
def test_covers_are_well_formed_small_and_free_of_inline_style(slug: str) -> None:
    for svg in (cover_svg(slug, title="한글 & <제목>"), art_svg(slug)):
        root = ET.fromstring(svg)  # noqa: S314 - our own
        assert root.tag == "svg"
        assert "style" not in svg
        assert len(svg) < 12_000


def test_a_cover_with_a_title_is_an_image_and_one_without_is_decoration() -> None:
    titled = cover_svg("a", title='Say "hi" <b>')
    assert 'role="img"' in titled
    assert "&lt;b&gt;" in titled
    assert "<b>" not in titled
    assert 'aria-hidden="true"' in cover_svg("a")

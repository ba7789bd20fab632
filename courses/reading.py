"""The kind `reading`: a Markdown file with front matter, one file per language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from courses import yamlfiles
from courses.drafts import CourseFileError, UnitDraft
from courses.kinds import UnitKind
from courses.markdown import images, render
from courses.models import Enrollment, Unit
from records import artifacts
from records.text import TranslatedText

IMAGE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


class Reading(UnitKind):
    name: ClassVar = "reading"
    label: ClassVar = gettext_lazy("Reading")
    icon: ClassVar = "file-text"
    template: ClassVar = "courses/_reading.html"
    completed_by_reader: ClassVar = True

    def matches(self, path: Path) -> bool:
        # "01-why.ko.md" is the Korean of "01-why.md", not a unit of its own.
        return path.suffix == ".md" and "." not in path.stem

    def parse(self, path: Path, *, languages: Sequence[str]) -> UnitDraft:
        front, body, line = yamlfiles.front_matter(path)
        title, bodies = {languages[0]: front.text("title")}, {languages[0]: body}
        figures = figures_of(path, body, line)
        translations = {language: path.with_suffix(f".{language}.md") for language in languages[1:]}
        for language, translation in translations.items():
            if not translation.exists():
                raise CourseFileError(
                    translation, f"the course declares {language!r}, but this file is missing"
                )
            translated, bodies[language], line = yamlfiles.front_matter(translation)
            title[language] = translated.text("title")
            figures |= figures_of(translation, bodies[language], line)
        return UnitDraft(
            key=front.key("key"),
            kind=self.name,
            title=title,
            minutes=front.integer("minutes", minimum=1),
            content={"body": bodies},
            companions=frozenset(figures).union(file.name for file in translations.values()),
            private=figures,
        )

    def save(self, unit: Unit, draft: UnitDraft) -> None:
        figures = {name: artifacts.store(data) for name, data in draft.private.items()}
        unit.content = {**unit.content, "images": figures}
        unit.save(update_fields=["content"])

    def rule(self, unit: Unit) -> str:
        return _("Read to the end, then press “Mark as read and go on”.")

    def context(self, request: HttpRequest, unit: Unit, enrollment: Enrollment) -> Mapping[str, Any]:
        body = TranslatedText(unit.content["body"]).into(get_language() or "")
        figures = unit.content.get("images", {})

        def image_url(source: str) -> str:
            if source not in figures:
                return ""
            return reverse("courses:image", args=[unit.version.course.slug, unit.key, source])

        return {"html": render(body, image_url=image_url)}


def figures_of(path: Path, text: str, first_line: int) -> dict[str, bytes]:
    """Every image that the text shows, by its file's name; raises CourseFileError for a bad one."""
    found = {}
    for source, alt, line in images(text):
        fault = _image_fault(path.parent / source, source, alt)
        if fault:
            raise CourseFileError(path, fault, line=first_line + line - 1)
        found[source] = (path.parent / source).read_bytes()
    return found


def _image_fault(image: Path, source: str, alt: str) -> str:
    if not alt.strip():
        return f"the image {source} needs an alternative text"
    if image.suffix not in IMAGE_TYPES or image.name != source:
        return f"{source}: the name of a PNG, JPEG or WebP file beside the lesson is needed"
    return "" if image.is_file() else f"the image {source} is missing"

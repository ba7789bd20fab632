"""The kind `reading`: a Markdown file with front matter, one file per language."""

from __future__ import annotations

import re
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
from courses.markdown import render
from courses.models import Enrollment, Unit
from records import artifacts
from records.text import TranslatedText

_IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<source>[^)\s]+)\)")
IMAGE_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp"}


class Reading(UnitKind):
    name: ClassVar = "reading"
    label: ClassVar = gettext_lazy("Reading")
    icon: ClassVar = "file-text"
    template: ClassVar = "courses/_reading.html"

    def matches(self, path: Path) -> bool:
        # "01-why.ko.md" is the Korean of "01-why.md", not a unit of its own.
        return path.suffix == ".md" and "." not in path.stem

    def parse(self, path: Path, *, languages: Sequence[str]) -> UnitDraft:
        front, body = yamlfiles.front_matter(path)
        title, bodies = {languages[0]: front.text("title")}, {languages[0]: body}
        for language in languages[1:]:
            translation = path.with_suffix(f".{language}.md")
            if not translation.exists():
                raise CourseFileError(
                    translation, f"the course declares {language!r}, but this file is missing"
                )
            translated, bodies[language] = yamlfiles.front_matter(translation)
            title[language] = translated.text("title")
        images: dict[str, bytes] = {}
        for text in bodies.values():
            images |= _images(path, text)
        return UnitDraft(
            key=front.key("key"),
            kind=self.name,
            title=title,
            minutes=front.integer("minutes", minimum=1),
            content={"body": bodies},
            private=images,
        )

    def save(self, unit: Unit, draft: UnitDraft) -> None:
        images = {name: artifacts.store(data) for name, data in draft.private.items()}
        unit.content = {**unit.content, "images": images}
        unit.save(update_fields=["content"])

    def rule(self, unit: Unit) -> str:
        return _("Read to the end, then press “Mark as read and go on”.")

    def context(self, request: HttpRequest, unit: Unit, enrollment: Enrollment) -> Mapping[str, Any]:
        body = TranslatedText(unit.content["body"]).into(get_language() or "")
        images = unit.content.get("images", {})

        def image_url(source: str) -> str:
            if source not in images:
                return ""
            return reverse("courses:image", args=[unit.version.course.slug, unit.key, source])

        return {"html": render(body, image_url=image_url)}


def _images(path: Path, text: str) -> dict[str, bytes]:
    """Every figure that the text shows, by its relative name; raises CourseFileError for a bad one."""
    found = {}
    for match in _IMAGE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        source, image = match["source"], path.parent / match["source"]
        if not match["alt"].strip():
            raise CourseFileError(path, f"the image {source} needs an alternative text", line=line)
        if image.suffix not in IMAGE_TYPES or image.parent.resolve() != path.parent.resolve():
            raise CourseFileError(
                path, f"{source}: a PNG, JPEG or WebP file beside the lesson is needed", line=line
            )
        if not image.is_file():
            raise CourseFileError(path, f"the image {source} is missing", line=line)
        found[source] = image.read_bytes()
    return found

"""The catalogue: the courses that are open to a person, searched, filtered and a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Collate
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

from courses.covers import cover_svg
from courses.forms import SORTS, CatalogueForm
from courses.models import Course, CourseQuerySet, CourseRun, Enrollment
from people.models import User
from records.paging import page_of

PAGE = 12
_FACETS = ("level", "practice", "language")
_WORDS = ("title__en", "title__ko", "summary__en", "summary__ko")
Asked = Mapping[str, Any]


def catalogue_context(user: User, asked_for: QueryDict) -> dict[str, Any]:
    """Three queries: what there is by facet, one page of it, and how far the person is in these."""
    form = CatalogueForm(asked_for)
    asked = form.asked()
    runs = CourseRun.objects.filter(course=OuterRef("pk"))
    courses = Course.objects.visible_to(user).filter(Exists(runs))
    numbers = _numbers(form, courses, asked)
    found = _sorted(courses.filter(_all_of(asked)), asked["sort"])
    page = page_of(found[0], order=found[1], size=PAGE, cursor=asked_for.get("after"))
    taken = _taken(user, page.rows)
    return {
        "asked": asked,
        "open": numbers["open"],
        "found": numbers["found"],
        "facets": [_facet(form, name, asked, numbers) for name in _FACETS],
        "tags": _tags(form, asked, numbers),
        "sorts": [
            {"label": label, "url": _url(asked, sort=sort), "current": sort == (asked["sort"] or SORTS[0][0])}
            for sort, label in SORTS
        ],
        "cards": [_card(course, taken.get(course.pk)) for course in page.rows],
        "next_url": _url(asked, after=page.next) if page.next else "",
        "first_url": _url(asked) if page.previous else "",
        "all_url": reverse("courses:catalogue"),
    }


def _condition(name: str, asked: Asked) -> Q:
    """What one field asks of a course; nothing where it is empty."""
    value = asked[name]
    if not value:
        return Q()
    if name == "q":
        return Q.create([(f"{word}__icontains", value) for word in (*_WORDS, "skills")], connector=Q.OR)
    if name == "language":
        return Q.create([("languages__contains", [code]) for code in value], connector=Q.OR)
    return Q(**{f"{name}__in": value})


def _all_of(asked: Asked, *, but: str = "") -> Q:
    condition = Q()
    for name in ("q", *_FACETS):
        if name != but:
            condition &= _condition(name, asked)
    return condition


def _numbers(form: CatalogueForm, courses: CourseQuerySet, asked: Asked) -> dict[str, int]:
    """How many there are of each choice under all the other filters, and without each filter; one query."""
    counts = {"open": Count("pk"), "found": Count("pk", filter=_all_of(asked))}
    for name in ("q", *_FACETS):
        counts[f"without_{name}"] = Count("pk", filter=_all_of(asked, but=name))
    for name in _FACETS:
        others = _all_of(asked, but=name)
        for value, _label in form.fields[name].choices:  # type: ignore[attr-defined]
            counts[f"{name}_{value}"] = Count("pk", filter=others & _condition(name, {name: [value]}))
    numbers: dict[str, int] = courses.aggregate(**counts)
    return numbers


def _sorted(courses: CourseQuerySet, sort: str) -> tuple[Any, tuple[str, ...]]:
    courses = courses.select_related("owner").with_run()
    if sort != "title":
        return courses, ("-id",)  # an id begins with the time of its making
    languages = (get_language() or "", "ko", "en")
    titles = [KeyTextTransform(language.split("-", maxsplit=1)[0], "title") for language in languages]
    return courses.annotate(shown_title=Collate(Coalesce(*titles), "C")), ("shown_title", "id")


def _taken(user: User, courses: list[Course]) -> dict[Any, Any]:
    """The person's enrollment in each of these courses, with its progress."""
    mine = Enrollment.objects.visible_to(user).active().filter(run__course__in=courses)
    rows = mine.with_progress().select_related("run").order_by("created_at")
    return {enrollment.run.course_id: enrollment for enrollment in rows}


def _label(form: CatalogueForm, name: str, value: str) -> str:
    if name == "language":
        return str(get_language_info(value)["name_translated"])
    return str(dict(form.fields[name].choices)[value])  # type: ignore[attr-defined]


def _facet(form: CatalogueForm, name: str, asked: Asked, numbers: Mapping[str, int]) -> dict[str, Any]:
    """A filter with its choices; one that nothing matches and nobody chose is left out."""
    options = [
        {
            "value": value,
            "label": _label(form, name, value),
            "number": numbers[f"{name}_{value}"],
            "checked": value in asked[name],
        }
        for value, _label_ in form.fields[name].choices  # type: ignore[attr-defined]
    ]
    return {
        "name": name,
        "label": form.fields[name].label,
        "options": [option for option in options if option["number"] or option["checked"]],
    }


def _tags(form: CatalogueForm, asked: Asked, numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each filter that is on, with the address of the list without it, and how many there are then."""
    tags = [
        {
            "label": f"{form.fields[name].label}: {', '.join(_label(form, name, value) for value in asked[name])}",
            "url": _url({**asked, name: []}),
            "number": numbers[f"without_{name}"],
        }
        for name in _FACETS
        if asked[name]
    ]
    if asked["q"]:
        label = _("“%(text)s”") % {"text": asked["q"]}
        tags.insert(0, {"label": label, "url": _url({**asked, "q": ""}), "number": numbers["without_q"]})
    return tags


def _url(asked: Asked, **more: str) -> str:
    """The catalogue's address for what is asked; another order or search begins at its first page."""
    query = urlencode({name: value for name, value in {**asked, **more}.items() if value}, doseq=True)
    return reverse("courses:catalogue") + (f"?{query}" if query else "")


def _card(course: Any, enrollment: Any) -> dict[str, Any]:
    """`course` was fetched `with_run()`, `enrollment`, if any, `with_progress()`."""
    card = {
        "course": course,
        "url": reverse("courses:course", args=[course.slug]),
        "cover": cover_svg(course.slug),
        "languages": [get_language_info(code)["name_translated"] for code in course.languages],
        "gpu": course.get_practice_display() if course.practice in _ON_GPU else "",
        "has_open_run": course.has_open_run,
        "closes_at": course.closes_at,
    }
    if enrollment is not None:
        facts = enrollment.progress or {"total": 0, "done": 0, "minutes_left": 0}
        percent = 100 * facts["done"] // facts["total"] if facts["total"] else 0
        card |= {"taken": True, "percent": percent, "minutes_left": facts["minutes_left"]}
    return card


_ON_GPU = {Course.Practice.SIMULATOR, Course.Practice.GPU}

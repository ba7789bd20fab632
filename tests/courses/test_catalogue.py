"""The catalogue: what is open to a person, found again by words, filters and order."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from courses.catalogue import PAGE
from courses.models import Course, CourseRun
from courses.services import complete_unit
from people.models import OrganizationUnit, Person
from tests.factories import admin, affiliate, course, enrollment, instructor, partner, person

pytestmark = pytest.mark.django_db
ADDRESS = "/courses/"


def offered(slug: str, **facts: object) -> CourseRun:
    run = course(slug=slug)
    Course.objects.filter(pk=run.course_id).update(**facts)
    return run


def page(who: Person, query: str = "", language: str = "en") -> str:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(who.user)
    return client.get(ADDRESS + query).content.decode()


def shown(who: Person, query: str = "", language: str = "en") -> list[str]:
    return re.findall(r'<h3><a href="/courses/([\w-]+)/">', page(who, query, language))


@pytest.fixture
def learner() -> Person:
    return person()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("GRADIENT", ["descent"]),
        ("하강", ["descent"]),
        ("경사 하", ["descent"]),
        ("downhill", ["descent"]),
        ("optimi", ["descent"]),
        ("더하", ["sums"]),
        ("100%", []),
        ("_", []),
        ("nothing of this", []),
        ("a\0b", ["sums", "descent"]),
        ("", ["sums", "descent"]),
    ],
)
def test_a_course_is_found_by_any_part_of_its_texts(learner: Person, words: str, found: list[str]) -> None:
    offered(
        "descent",
        title={"en": "Gradient descent", "ko": "경사 하강법"},
        summary={"en": "Walk downhill."},
        skills=["Optimization"],
    )
    offered("sums")
    assert shown(learner, f"?q={words.replace('%', '%25').replace(chr(0), '%00')}") == found


def test_filters_narrow_together_and_their_numbers_say_what_a_press_would_show(learner: Person) -> None:
    offered("easy", level="beginner", languages=["en", "ko"], practice="none")
    offered("middle", level="intermediate", languages=["ko"], practice="simulator")
    offered("hard", level="advanced", languages=["en"], practice="simulator")
    assert shown(learner, "?practice=simulator") == ["hard", "middle"]
    assert shown(learner, "?practice=simulator&language=ko") == ["middle"]
    assert shown(learner, "?level=beginner&level=advanced") == ["hard", "easy"]
    text = page(learner, "?practice=simulator&language=ko")
    option = r'value="(\w+)"(?: checked)?><span>.*?</span><span class="num".*?>(\d+)<'
    numbers = dict(re.findall(option, text, re.DOTALL))
    assert numbers == {"intermediate": "1", "none": "1", "simulator": "1", "en": "1", "ko": "1"}
    assert "GPU simulator</span>" in text


def test_nonsense_in_the_address_counts_as_not_asked(learner: Person) -> None:
    offered("only")
    assert shown(learner, "?level=godlike&sort=sideways&language=tlh&after=%00x&practice=") == ["only"]


def test_the_order_is_by_age_or_by_the_title_in_the_readers_language(learner: Person) -> None:
    offered("first", title={"en": "Zebra", "ko": "가지"})
    offered("second", title={"en": "Apple", "ko": "하마"})
    offered("third", title={"en": "Mango"})
    assert shown(learner) == ["third", "second", "first"]
    assert shown(learner, "?sort=title") == ["second", "third", "first"]
    assert shown(learner, "?sort=title", language="ko") == ["third", "first", "second"]


@pytest.mark.parametrize("sort", ["newest", "title"])
def test_pages_follow_each_other_without_a_gap(learner: Person, sort: str) -> None:
    slugs = {offered(f"course-{number}", skills=["x"]).course.slug for number in range(PAGE + 2)}
    text = page(learner, f"?q=add&sort={sort}")
    following = re.search(r'href="/courses/(\?[^"]+after=[^"]+)"', text)
    assert following is not None
    first, rest = shown(learner, f"?q=add&sort={sort}"), shown(learner, following[1].replace("&amp;", "&"))
    assert (len(first), len(rest)) == (PAGE, 2)
    assert {*first, *rest} == slugs


def test_a_course_that_somebody_takes_says_how_far_they_are(learner: Person) -> None:
    taken = enrollment(offered("taken"), learner)
    assert "Enrolled" in page(learner)
    complete_unit(taken, unit=taken.run.version.units.get(key="lesson-1"), rule="read", by=None)
    text = page(learner)
    assert "50% · 5 min left" in text
    complete_unit(taken, unit=taken.run.version.units.get(key="adding"), rule="cutoff", by=None)
    assert "Finished" in page(learner)


def test_where_nothing_is_open_the_page_says_what_to_do(learner: Person) -> None:
    assert "Your training admin opens them" in page(learner)
    assert "Ask whoever invited you" in page(partner())


def test_where_nothing_is_found_each_condition_can_be_left_out(learner: Person) -> None:
    offered("easy", level="beginner")
    text = page(learner, "?q=add&level=advanced")
    assert "No course matches all of this" in text
    assert re.search(r'href="/courses/\?q=add">Without Level: Advanced<span class="chip num">1<', text)


def test_a_partner_sees_what_somebody_opened_to_them_and_no_more() -> None:
    taken, taught, withdrawn = offered("taken"), offered("taught"), offered("withdrawn")
    offered("other")
    guest = partner()
    enrollment(taken, guest)
    taught.course.roles.create(person=guest, kind="assistant")
    left = enrollment(withdrawn, guest)
    left.status = "withdrawn"
    left.save(update_fields=["status"])
    assert set(shown(guest)) == {"taken", "taught"}
    assert set(Course.objects.takeable_by(guest.user)) == {taken.course, taught.course}


def test_an_admin_sees_the_courses_of_the_own_affiliate_without_taking_them(client: Client) -> None:
    chemical = affiliate("chemical")
    run = offered("process", owner=chemical)
    run.course.open_to.clear()
    boss = admin(at=chemical)
    assert shown(boss) == ["process"]
    assert shown(admin("group_admin")) == ["process"]
    assert shown(admin()) == shown(person(at=chemical)) == []
    client.force_login(boss.user)
    answer = client.get("/courses/process/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Not opened to you" in answer
    assert client.post("/courses/process/enroll/").status_code == 404


def test_a_course_that_was_never_published_is_not_offered(learner: Person) -> None:
    bare = Course.objects.create(slug="bare", owner=affiliate(), title={"en": "Bare"}, summary={}, hours=1)
    bare.open_to.add(OrganizationUnit.objects.get(code="group"))
    assert shown(learner) == []


def test_the_newest_version_says_what_the_exercises_run_on() -> None:
    assert course(slug="counted").course.practice == "cpu"


@pytest.mark.parametrize("number", [1, 3])
def test_the_catalogue_asks_a_fixed_number_of_questions(
    client: Client, number: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    learner = person()
    for item in range(number):
        course(slug=f"open-{item}")
        enrollment(instructed(f"mine-{item}"), learner)
    client.force_login(learner.user)
    with django_assert_max_num_queries(7):
        text = client.get(ADDRESS + "?q=add&level=beginner").content.decode()
    assert text.count('<li class="card course">') == 2 * number


def instructed(slug: str) -> CourseRun:
    run = course(slug=slug)
    instructor(run)
    return run

from __future__ import annotations

import datetime
import zoneinfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation

from people.languages import zone_choices
from people.models.accounts import time_zones
from records.figures import number, percent, size
from records.moments import ago, city, day, moment, place
from records.templatetags.readable import deadline

SEOUL = zoneinfo.ZoneInfo("Asia/Seoul")
NOW = timezone.now()
THIS_YEAR = datetime.datetime(timezone.localdate().year, 11, 24, 5, 46, tzinfo=datetime.UTC)
EARLIER = datetime.datetime(2023, 12, 31, 15, 0, tzinfo=datetime.UTC)


def test_a_moment_names_the_city_by_whose_clock_it_is() -> None:
    with timezone.override(SEOUL):
        assert moment(THIS_YEAR) == "Nov 24, 14:46 (Seoul)"
        with translation.override("ko"):
            assert moment(THIS_YEAR) == "11월 24일 14:46 (서울)"


def test_a_place_is_its_city_and_how_far_its_clock_is_from_utc() -> None:
    assert [
        place(zone) for zone in ("Asia/Seoul", "Asia/Kolkata", "America/Bogota", "UTC", "No/Where_Now")
    ] == [
        "Seoul (UTC+9)",
        "Kolkata (UTC+5:30)",
        "Bogota (UTC−5)",
        "UTC",
        "Where Now",
    ]
    with translation.override("ko"):
        assert place("Asia/Ho_Chi_Minh") == "호찌민 (UTC+7)"
        choices = dict(zone_choices())
    assert set(choices) == set(time_zones())
    assert len(set(choices.values())) == len(choices)
    assert choices["Asia/Saigon"] == "호찌민 (UTC+7) · Asia/Saigon"


def test_another_reader_sees_the_same_moment_by_another_clock() -> None:
    with timezone.override(zoneinfo.ZoneInfo("America/Los_Angeles")), translation.override("ko"):
        assert moment(THIS_YEAR) == "11월 23일 21:46 (로스앤젤레스)"


def test_another_year_is_named_as_it_is_where_the_reader_is() -> None:
    with timezone.override(SEOUL):
        assert moment(EARLIER) == "Jan 1, 2024, 00:00 (Seoul)"
        assert day(EARLIER) == "Jan 1, 2024"
    with timezone.override(datetime.UTC), translation.override("ko"):
        assert moment(EARLIER) == "2023년 12월 31일 15:00 (UTC)"
        assert day(EARLIER) == "2023년 12월 31일"


def test_a_deadline_names_its_weekday() -> None:
    with timezone.override(SEOUL):
        assert deadline(EARLIER) == "Mon, Jan 1, 2024, 00:00 (Seoul)"
        assert deadline(datetime.date(2024, 1, 2)) == "Tue, Jan 2, 2024"
        with translation.override("ko"):
            assert deadline(EARLIER) == "2024년 1월 1일 (월) 00:00 (서울)"
            assert deadline(datetime.date(2024, 1, 2)) == "2024년 1월 2일 (화)"
            assert day(datetime.date(THIS_YEAR.year, 11, 6)) == "11월 6일"


def test_a_page_gives_machines_the_moment_with_its_offset_and_keeps_the_time_beside_how_long_ago() -> None:
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=3)
    with timezone.override(SEOUL), translation.override("ko"):
        shown = render_to_string("_time.html", {"at": at, "relative": True})
    assert f'<time datetime="{at.astimezone(SEOUL).isoformat(timespec="microseconds")}">' in shown
    assert "(서울)" in shown
    assert "3분 전" in shown


@pytest.mark.parametrize(
    ("passed", "in_english", "in_korean"),
    [
        (datetime.timedelta(seconds=20), "just now", "방금"),
        (datetime.timedelta(minutes=1, seconds=50), "1 minute ago", "1분 전"),
        (datetime.timedelta(hours=2, minutes=59), "2 hours ago", "2시간 전"),
        (datetime.timedelta(days=1, hours=3), "1 day ago", "1일 전"),
        (datetime.timedelta(days=800), "800 days ago", "800일 전"),
        (datetime.timedelta(days=-3, hours=-1), "in 3 days", "3일 뒤"),
        (datetime.timedelta(hours=-1, seconds=-20), "in 1 hour", "1시간 뒤"),
        (datetime.timedelta(minutes=-5, seconds=-9), "in 5 minutes", "5분 뒤"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(
    passed: datetime.timedelta, in_english: str, in_korean: str
) -> None:
    at = timezone.now() - passed
    assert ago(at) == in_english
    with translation.override("ko"):
        assert ago(at) == in_korean


def test_every_time_zone_has_a_city_in_both_languages() -> None:
    assert city("Asia/Ho_Chi_Minh") == "Ho Chi Minh"
    with translation.override("ko"):
        assert city("Asia/Ho_Chi_Minh") == "호찌민"
        assert city("Asia/Kolkata") == "콜카타"
        assert city("Europe/Kyiv") == "키이우"
        untranslated = [zone for zone in time_zones() if city(zone).isascii()]
    assert untranslated == ["UTC"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0"),
        (1204, "1,204"),
        (200000, "200,000"),
        (2.5, "2.5"),
        (3.0, "3"),
        (0.04, "0"),
        (1234.56, "1,234.6"),
    ],
)
def test_numbers_have_thousands_separators(value: float, expected: str) -> None:
    assert number(value) == expected
    with translation.override("ko"):
        assert number(value) == expected


def test_only_a_whole_is_a_hundred_percent() -> None:
    assert percent(1) == "100%"
    assert percent(0) == "0%"
    assert percent(0.99999) == "99.9%"
    assert percent(0.0000001) == "0.1%"
    assert percent(0.853) == "85.3%"
    assert percent(0.5) == "50%"


def test_sizes_have_a_unit_that_fits() -> None:
    assert size(10 * 2**20) == "10 MB"
    assert size(1536) == "1.5 KB"
    assert size(2**10) == "1 KB"
    assert size(3 * 2**40) == "3 TB"
    assert size(2**52) == "4,096 TB"
    with translation.override("ko"):
        assert size(1000) == "1,000바이트"

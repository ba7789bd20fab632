"""`{% load readable %}`: times and numbers in the reader's language. A moment's tag is `_time.html`."""

from __future__ import annotations

import datetime

from django import template

from records import figures, moments

register = template.Library()
register.filter("number", figures.number)
register.filter("percent", figures.percent)
register.filter("size", figures.size)
register.filter("city", moments.city)
register.filter("moment", moments.moment)
register.filter("day", moments.day)
register.filter("ago", moments.ago)


@register.filter
def deadline(at: datetime.date) -> str:
    """With its weekday: a moment, or the day that is the last one."""
    if isinstance(at, datetime.datetime):
        return moments.moment(at, weekday=True)
    return moments.day(at, weekday=True)

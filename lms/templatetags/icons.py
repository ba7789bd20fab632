"""`{% icon "house" %}`, in every template without loading it: a list shows hundreds, so each is made once."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, *, solid: bool = False) -> SafeString:
    """One of `static/vendor/icons.svg`; it says nothing to a screen reader, so words stand beside it."""
    return format_html(
        '<svg class="i{}" aria-hidden="true"><use href="{}#{}"/></svg>\n',
        " solid" if solid else "",
        static("vendor/icons.svg"),
        name,
    )

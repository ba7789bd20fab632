"""Authors' Markdown to safe HTML: markdown-it-py, then Pygments for code, then nh3 for safety.

Cached by content, so that a page pays for rendering once per text and process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, NamedTuple
from urllib.parse import unquote

import nh3
from django.core.cache import caches
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Part of every cache key: raise it when the same Markdown must render differently.
RENDERER = 2

_TAGS = nh3.ALLOWED_TAGS | {"span", "pre", "code", "figure", "figcaption"}
_ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "span": {"class", "data-tex", "data-display"},
    "pre": {"class"},
    "td": {*nh3.ALLOWED_ATTRIBUTES.get("td", set()), "class"},
    "th": {*nh3.ALLOWED_ATTRIBUTES.get("th", set()), "class"},
    "code": {"class"},
    "img": {"src", "alt", "width", "height", "loading"},
}
_FORMATTER = HtmlFormatter(nowrap=True, classprefix="tok-")


def highlight_code(code: str, language: str = "python") -> SafeString:
    """Spans with `tok-…` classes, escaped; plain text where the language is unknown."""
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    return mark_safe(highlight(code, lexer, _FORMATTER))  # noqa: S308 - Pygments escapes


def _code_block(code: str, language: str, _attributes: str) -> str:
    return f'<pre class="code"><code>{highlight_code(code, language)}</code></pre>'


def _math(tex: str, options: Mapping[str, Any]) -> str:
    # KaTeX replaces the text in the browser; without script a reader still sees the TeX.
    return (
        f'<span data-tex="{escape(tex)}" data-display="{int(options["display_mode"])}">{escape(tex)}</span>'
    )


_markdown = MarkdownIt("gfm-like", {"highlight": _code_block, "html": False, "linkify": False}).use(
    dollarmath_plugin, renderer=_math
)


def _classes_for_alignment(state: StateCore) -> None:
    """A column's alignment comes as a style attribute, which the site's policy forbids: make it a class."""
    for token in state.tokens:
        style = token.attrs.pop("style", "")
        if style:
            token.attrSet("class", str(style).removeprefix("text-align:"))


_markdown.core.ruler.push("alignment", _classes_for_alignment)


def render(text: str, *, image_url: Callable[[str], str] | None = None) -> SafeString:
    """HTML of `text`; each image's source goes through `image_url` (None: images are dropped)."""
    html = _render_cached(text)
    if "<img" not in html:
        return mark_safe(html)  # noqa: S308 - cleaned by nh3

    def image_source(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) != ("img", "src"):
            return value
        return image_url(unquote(value)) if image_url else None

    cleaned = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=image_source, link_rel="noopener nofollow"
    )
    return mark_safe(cleaned)  # noqa: S308 - cleaned by nh3


class Image(NamedTuple):
    source: str
    alt: str
    line: int


def images(text: str) -> Iterator[Image]:
    """Every image that `render` would show: its source as the author means it, and its line from 1."""
    for block in _markdown.parse(text):
        line = block.map[0] + 1 if block.map else 1
        for token in block.children or ():
            if token.type == "image":
                yield Image(unquote(str(token.attrs["src"])), token.content, line)
            line += token.type in {"softbreak", "hardbreak"}


def _render_cached(text: str) -> str:
    key = f"markdown:{RENDERER}:{hashlib.sha256(text.encode()).hexdigest()}"
    cache = caches["rendered"]
    html: str | None = cache.get(key)
    if html is None:
        html = nh3.clean(
            _markdown.render(text), tags=_TAGS, attributes=_ATTRIBUTES, link_rel="noopener nofollow"
        )
        cache.set(key, html, timeout=None)
    return html

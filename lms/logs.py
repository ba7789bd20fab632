"""One line for each record, tracebacks too: what collects the lines of many processes never tears one apart."""

from __future__ import annotations

import logging
from http import HTTPStatus


class OneLine(logging.Formatter):
    """What strangers sent stands in some lines: it begins no line of its own and moves no terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record).replace("\n", " | ")
        return text if text.isprintable() else "".join(map(_shown, text))


def _shown(sign: str) -> str:
    return sign if sign.isprintable() else ascii(sign)[1:-1]


class Refused(logging.Filter):
    """What the site refused somebody is no fault of ours: Django's record of it keeps its line, not its traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) == HTTPStatus.FORBIDDEN:
            record.exc_info = None
        return True

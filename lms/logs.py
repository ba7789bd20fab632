"""One line for each record, tracebacks too: what collects the lines of many processes never tears one apart."""

from __future__ import annotations

import logging


class OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).replace("\n", " | ")

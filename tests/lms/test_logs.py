from __future__ import annotations

import logging

from lms.logs import OneLine


def test_a_record_is_one_line_that_no_stranger_can_break() -> None:
    said = "gone\r2026 INFO all is well\x1b[2J\u2028\u202e 마루"
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "first\n%s", (said,), None)
    line = OneLine("%(message)s").format(record)
    assert line == "first | gone\\r2026 INFO all is well\\x1b[2J\\u2028\\u202e 마루"

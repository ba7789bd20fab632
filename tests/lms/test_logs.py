from __future__ import annotations

import logging

import pytest
from django.test import Client

from lms.logs import OneLine
from tests import factories


def test_a_record_is_one_line_that_no_stranger_can_break() -> None:
    said = "gone\r2026 INFO all is well\x1b[2J\u2028\u202e 마루"
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "first\n%s", (said,), None)
    line = OneLine("%(message)s").format(record)
    assert line == "first | gone\\r2026 INFO all is well\\x1b[2J\\u2028\\u202e 마루"


@pytest.mark.django_db
def test_a_page_that_somebody_may_not_see_is_one_line_without_a_traceback(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(factories.person("kim").user)
    assert client.get("/organization/").status_code == 403
    assert "Forbidden (Permission denied): /organization/" in caplog.text
    assert "Traceback" not in caplog.text

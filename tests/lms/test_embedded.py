from __future__ import annotations

import time

import psycopg
import pytest

from lms import keeper
from lms.sitetest import Site


def test_a_statement_that_fails_is_logged_without_its_text(site: Site) -> None:
    with keeper.connect(site.data) as server, pytest.raises(psycopg.errors.DivisionByZero):
        server.execute("SELECT 1 / 0, 'a secret answer'")
    with keeper.connect(site.data) as server, pytest.raises(psycopg.errors.CaseNotFound):
        server.execute("DO $$ BEGIN CASE 1 WHEN 2 THEN END CASE; END $$")
    end = time.monotonic() + 30
    while "case not found" not in site.lines() and time.monotonic() < end:
        time.sleep(0.05)
    assert "division by zero" in site.lines()
    assert "secret answer" not in site.lines()

from __future__ import annotations

import pytest
from django.test import Client


@pytest.fixture
def client() -> Client:
    """Pages in the language that the tests' sentences are in."""
    return Client(HTTP_ACCEPT_LANGUAGE="en")

from __future__ import annotations

import httpx
import pytest
from django.test import Client

from lms.sitetest import Site
from people.models import User
from tests.factories import person


@pytest.mark.django_db
def test_no_cache_keeps_what_belongs_to_somebody(client: Client) -> None:
    person("jiwoo")
    client.force_login(User.objects.get(username="jiwoo"))
    for path in ("/", "/nowhere/"):
        assert client.get(path)["Cache-Control"] == "private, no-store"


def test_static_files_are_kept(site: Site) -> None:
    page = httpx.get(f"{site.url}/login/").text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    assert "immutable" in httpx.get(site.url + address).headers["Cache-Control"]

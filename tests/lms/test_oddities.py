from __future__ import annotations

import httpx
import pytest
from django.test import Client

from lms.sitetest import Site
from people.models import User
from tests.factories import person

ODD = [
    *(
        "charset=hex",
        "charset=rot13",
        "charset=idna",
        'charset="UTF-16"',
        "CharSet = latin-1",
        "charset=nothing",
    ),
    *("charset=ü", "charset=utf-8; charset=hex", "charset*=utf-8''%00", "charset*0=he; charset*1=x"),
    *("charset*=zzz''x", 'a="b;c"; charset=hex', "charset=utf-8x", "charset"),
]
PLAIN = [
    "",
    "; charset=utf-8",
    '; charset="UTF-8"; a=b',
    "; Charset = utf8 ; a=b",
    "; boundary=----WebKit7MA4YWxk",
]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("odd", ODD)
def test_a_charset_other_than_utf8_is_refused(site: Site, method: str, odd: str) -> None:
    kind = f"text/plain; {odd}".encode("latin-1")
    answer = httpx.request(method, f"{site.url}/login/?next=/x%80", headers={b"Content-Type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize("plain", PLAIN)
def test_utf8_is_welcome_however_it_is_written(site: Site, plain: str) -> None:
    headers = {"Content-Type": f"multipart/form-data{plain}"}
    assert httpx.get(f"{site.url}/login/?next=/x%80", headers=headers).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "key", [r'"abcdefghij\000klm"', "x" * 31, "X" * 32, "x" * 9_000, '"' + r"\000" * 32 + '"']
)
@pytest.mark.parametrize(("path", "status"), [("/login/", 200), ("/", 302)])
def test_an_odd_session_cookie_is_no_session(client: Client, key: str, path: str, status: int) -> None:
    assert client.get(path, HTTP_COOKIE=f"sessionid={key}").status_code == status


@pytest.mark.django_db
def test_a_session_that_we_gave_is_kept(client: Client) -> None:
    person("jiwoo")
    client.force_login(User.objects.get(username="jiwoo"))
    assert client.get("/").status_code == 200

"""What a2wsgi leaves open between Granian and Django, closed in one place.

1. Granian's `receive` is no coroutine function, so that any body would fail.
2. A client that goes away in the middle of a body would hand the view half of it as the whole, and one that
   falls silent there would hold a thread: lms/bodies.py reads the body first.
3. Cookies that HTTP/2 sends in several headers would be joined by a comma.
4. `X_Forwarded_For` would become the same WSGI variable as the proxy's `X-Forwarded-For`: a forgery.
5. A client that does not read its answer would hold a thread: the answer waits in memory, not for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from a2wsgi import WSGIMiddleware

from lms.bodies import ClientGone, Intake, Refused
from lms.oddities import is_readable
from lms.wire import Application, Headers, Message, Receive, Send, answer

_FRAMING = {b"content-length", b"transfer-encoding"}
# A client that takes nothing for so long is cut off.
SEND_SECONDS = 30.0


def guarded(wsgi: Any, *, threads: int) -> Application:
    """The WSGI application as an ASGI one, in a pool of so many threads."""
    # A queue without a limit: a thread ends with its page, whoever reads it and how slowly.
    app = cast("Application", WSGIMiddleware(wsgi, workers=threads, send_queue_size=0))
    intake = Intake()

    async def run(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = plain_headers(scope["headers"])
        try:
            await _pass_on(app, intake, {**scope, "headers": headers}, receive, _in_time(send))
        except ClientGone:
            return
        except Refused as refusal:
            # What is left of the body would be taken for the next request.
            closing = [(b"connection", b"close"), (b"retry-after", b"30")]
            await answer(send, refusal.status, refusal.sentence, closing)

    return run


async def _pass_on(app: Application, intake: Intake, scope: Message, receive: Receive, send: Send) -> None:
    headers: Headers = scope["headers"]
    if not all(is_readable(value) for name, value in headers if name == b"content-type"):
        raise Refused(400, "Only UTF-8 can be read.")
    framing = dict(header for header in headers if header[0] in _FRAMING)
    if not framing:
        await app(scope, _nothing, send)
        return
    declared = int(framing[b"content-length"]) if b"content-length" in framing else None
    address = str((scope.get("client") or ("",))[0])
    async with intake.body(receive, address=address, declared=declared) as body:
        others = [header for header in headers if header[0] not in _FRAMING]
        length = (b"content-length", str(body.length).encode())
        await app({**scope, "headers": [*others, length]}, body.replay(), send)


def _in_time(send: Send) -> Send:
    async def timed(message: Message) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)
        except TimeoutError as error:
            raise ClientGone from error

    return timed


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def plain_headers(headers: Headers) -> Headers:
    """Without names that hold an underscore, and with one cookie header."""
    cookies = [value for name, value in headers if name == b"cookie"]
    others = [(name, value) for name, value in headers if name != b"cookie" and b"_" not in name]
    return [*others, (b"cookie", b"; ".join(cookies))] if cookies else others

"""What a2wsgi leaves open between Granian and Django, closed in one place.

1. Granian's `receive` is no coroutine function, so that any body would fail.
2. A client that goes away in the middle of a body would hand the view half of it as the whole.
3. Cookies that HTTP/2 sends in several headers would be joined by a comma.
4. `X_Forwarded_For` would become the same WSGI variable as the proxy's `X-Forwarded-For`: a forgery.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class ClientGoneError(OSError):
    """The client went away while it was still sending."""


def guarded(app: Application) -> Application:
    async def run(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return

        async def whole_bodies() -> Message:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError("the client went away before its request was complete")
            return message

        await app({**scope, "headers": plain_headers(scope["headers"])}, whole_bodies, send)

    return run


def plain_headers(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Without names that hold an underscore, and with one cookie header."""
    cookies = [value for name, value in headers if name == b"cookie"]
    others = [(name, value) for name, value in headers if name != b"cookie" and b"_" not in name]
    return [*others, (b"cookie", b"; ".join(cookies))] if cookies else others

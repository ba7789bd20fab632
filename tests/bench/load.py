"""`python -m tests.bench.load`: requests at a constant rate from a process of its own, whatever the answers take.

Without a rate each connection asks again as soon as it has its answer: so much the site gives at most. With one, a
request's time runs from the moment at which it was due: one that waits for a free connection counts its wait, so a
site that falls behind shows it. Plain sockets, so that the generator costs the shared cores little.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Load:
    port: int
    path: str
    cookie: str
    rate: float
    seconds: float
    connections: int = 32
    tokens: list[str] = field(default_factory=list)

    async def run(self) -> dict[str, Any]:
        streams = [asyncio.create_task(self._listen(token)) for token in self.tokens]
        await asyncio.sleep(1 if streams else 0)
        waiting: asyncio.Queue[float] = asyncio.Queue()
        times: list[float] = []
        faults: list[str] = []
        workers = [asyncio.create_task(self._work(waiting, times, faults)) for _ in range(self.connections)]
        began = time.perf_counter()
        if self.rate:
            await self._feed(waiting, began)
        else:
            await asyncio.sleep(self.seconds)
        took = time.perf_counter() - began
        open_streams = sum(not stream.done() for stream in streams)
        for task in (*workers, *streams):
            task.cancel()
        left = waiting.qsize()
        return {"times": times, "faults": faults, "left": left, "streams": open_streams, "took": took}

    async def _feed(self, waiting: asyncio.Queue[float], began: float) -> None:
        for number in range(int(self.rate * self.seconds)):
            due = began + number / self.rate
            await asyncio.sleep(max(0, due - time.perf_counter()))
            waiting.put_nowait(due)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(waiting.join(), 20)

    async def _work(self, waiting: asyncio.Queue[float], times: list[float], faults: list[str]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        while True:
            due = await waiting.get() if self.rate else time.perf_counter()
            writer.write(self._request(self.path, "keep-alive"))
            status = await _answer(reader)
            times.append(time.perf_counter() - due)
            if status != "200":
                faults.append(status)
            if self.rate:
                waiting.task_done()

    async def _listen(self, token: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self._request(f"/events/{token}/", "keep-alive"))
        while await reader.read(4096):
            pass

    def _request(self, path: str, connection: str) -> bytes:
        return (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n"
            f"Accept-Language: ko\r\nConnection: {connection}\r\n\r\n"
        ).encode()


async def _answer(reader: asyncio.StreamReader) -> str:
    """Read a whole answer; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if "content-length" in lines:
        await reader.readexactly(int(lines["content-length"]))
    else:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return head.split(" ", 2)[1]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Load(**json.loads(sys.stdin.read())).run())))

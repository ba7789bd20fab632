"""What the hosts that run exercises say of themselves, for operators. In the broker's memory: it may be lost."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import redis

from records import live

PREFIX, EVERY_SECONDS, KEEP_SECONDS = "host:", 10.0, 45
MOST_HOSTS = 200
WANTED, WANTED_SECONDS = "host-wanted:", 600


class Kind(NamedTuple):
    """What an exercise runs in: an environment, which of its builds, and whether with the GPU simulator."""

    environment: str
    digest: str
    simulator: bool


class Host(NamedTuple):
    """A host, its sandboxes that stand ready (environment, simulator, state, why, jobs, memory_bytes), or a fault."""

    name: str
    sandboxes: list[dict[str, Any]]
    fault: str

    @property
    def is_warm(self) -> bool:
        return any(sandbox["state"] == "ready" for sandbox in self.sandboxes)

    @property
    def why(self) -> str:
        """Why its sandboxes start cold."""
        return self.fault or "; ".join(filter(None, (sandbox["why"] for sandbox in self.sandboxes)))


def report(name: str, state: dict[str, Any]) -> None:
    """Keep what `sandbox.warm.state()` gave on that host until it reports again. Never raises."""

    def send(broker: redis.Redis) -> None:
        broker.set(f"{PREFIX}{name}", json.dumps(state), ex=KEEP_SECONDS)

    live.unless_it_hangs(PREFIX, send)


def want(kind: Kind) -> None:
    """Somebody has such an exercise open: hosts may have a sandbox stand ready. Never raises."""

    def send(broker: redis.Redis) -> None:
        broker.set(f"{WANTED}{json.dumps(kind)}", "", ex=WANTED_SECONDS)

    live.unless_it_hangs(WANTED, send)


def wanted() -> list[Kind]:
    """Those of exercises that were opened in the last minutes."""

    def read(broker: redis.Redis) -> Any:
        return list(broker.scan_iter(match=f"{WANTED}*", count=1000))

    found = live.unless_it_hangs(WANTED, read) or []
    return [Kind(*json.loads(key.decode().removeprefix(WANTED))) for key in found]


def reported() -> list[Host]:
    """By name; none while the broker is away."""

    def read(broker: redis.Redis) -> Any:
        keys = sorted(broker.scan_iter(match=f"{PREFIX}*", count=1000))[:MOST_HOSTS]
        return [(key.decode().removeprefix(PREFIX), broker.get(key)) for key in keys]

    found = live.unless_it_hangs(PREFIX, read) or []
    states = [(name, json.loads(data)) for name, data in found if data]
    return [Host(name, state.get("zygotes", []), state.get("fault", "")) for name, state in states]

"""The program "learner": runs the learner's cells when it is told to, and answers what the tests ask of them.

It holds nothing that is worth forging: no test, no verdict. What it reports are the outputs of its own cells.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from sandbox.inside.channel import Channel, PeerGone
from sandbox.inside.folder import Folder
from sandbox.inside.limits import limit_memory, open_reserve
from sandbox.inside.main import PEER
from sandbox.inside.mutation import print_of
from sandbox.inside.names import Builtins, Names
from sandbox.inside.peer import Peer, RandomState
from sandbox.inside.report import Report
from sandbox.inside.run_cells import Cells
from sandbox.inside.things import Policy
from sandbox.inside.values import Decoder, Encoder, Nonsense


def prepare(report: Report, job: dict[str, Any]) -> Callable[[], None]:
    return Learner(report, job).serve_all


class Learner(Cells):
    def __init__(self, report: Report, job: dict[str, Any]) -> None:
        super().__init__(report, job)
        settings = job["settings"]
        self._sources: list[str] = job["cells"]
        self._ran = 0
        self._is_learning = bool(settings.get("learning"))
        self._peer = _Peer(self, Channel(socket.socket(fileno=PEER)))
        self._names = Names(self.shell.user_ns, self._peer.things)
        self._builtins = Builtins()
        self._random = RandomState(tells_new=False) if settings.get("random", True) else None
        self._folder = Folder() if settings.get("files", True) else None
        self._peer.pack, self._peer.unpack = self._pack, self._unpack
        self._depth = 0

    def serve_all(self) -> None:
        """Until the checker has no more questions; then the cells that nobody asked for have had their turn too."""
        self.capture.start()
        self.report.send("ready")
        try:
            while True:
                self._peer.serve()
        except (PeerGone, Nonsense):
            pass
        while self._ran < len(self._sources):
            self.run_next()

    def run_next(self) -> list[str]:
        """The names that the cell set or changed, where somebody wants to know."""
        index = self._ran
        self._ran += 1
        before = self._marks()
        self.run_one(index, self._sources[index])
        after = self._marks()
        return [name for name in after if after[name] != before.get(name)]

    def guarded(self, seconds: float | None, act: Callable[[], Any]) -> Any:
        """Run the learner's code for a test: bounded, its output kept."""
        if self._depth:
            return act()
        self._depth += 1
        self.capture.hold()
        try:
            limit_memory(self.memory_mb)
            self.clock.start(seconds)
            return act()
        finally:
            self.clock.hold()
            self.clock.stop()
            open_reserve()
            self._depth -= 1

    def share(self, names: list[str]) -> None:
        """From now on the checker hears of these variables, and of no other."""
        hidden = self.shell.user_ns_hidden
        self._names.share(name for name in names if name not in hidden or name in self.shell.user_ns)

    def _marks(self) -> dict[str, Any]:
        if not self._is_learning:
            return {}
        hidden = self.shell.user_ns_hidden
        return {
            name: print_of(value, self._peer.things)
            for name, value in self.shell.user_ns.items()
            if not name.startswith("_") and name not in hidden
        }

    def _pack(self, encoder: Encoder, is_answer: bool) -> dict[str, Any]:  # noqa: FBT001 - Peer's signature
        luggage: dict[str, Any] = {"names": self._names.changed(encoder)}
        if self._random and (states := self._random.changed(self._peer.things)):
            luggage["random"] = encoder.tree(states)
        if self._folder:
            luggage["files"] = self._folder.changed(encoder)
        if is_answer and not self._depth:
            luggage["out"] = self.capture.release()
        return {key: value for key, value in luggage.items() if value}

    def _unpack(self, message: dict[str, Any], decoder: Decoder) -> None:
        if "names" in message:
            self._names.take(message["names"], decoder)
        if "builtins" in message:
            self._builtins.take(message["builtins"], decoder)
        if self._random and "random" in message:
            self._random.take(decoder.value(message["random"]), self._peer.things)
        if self._folder and "files" in message:
            self._folder.take(message["files"], decoder)


class _Peer(Peer):
    def __init__(self, learner: Learner, channel: Channel) -> None:
        super().__init__(channel, Policy(trusted=True), lends=lambda _value: True)
        self._learner = learner

    def run(self, question: dict[str, Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        what = question.get("w")
        if what == "run":
            return self._learner.run_next()
        if what == "share":
            return self._learner.share(arguments[0])
        act = super().run
        return self._learner.guarded(question.get("s"), lambda: act(question, arguments, named))

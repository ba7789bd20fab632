"""The program "checker": runs the author's tests, and asks the learner's program for whatever the learner owns.

Its cells are the tests, and the set-up cells that both programs run. `settings["steps"]` says what happens in which
order. It fails closed: once the other program has died, lied or fallen silent, every test fails.
"""

from __future__ import annotations

import builtins
import socket
import sys
import types
from collections.abc import Callable
from typing import Any

from sandbox.inside.channel import Channel
from sandbox.inside.folder import Folder
from sandbox.inside.main import PEER
from sandbox.inside.names import Builtins, Names, names_in
from sandbox.inside.peer import Notes, Peer, ProgramDied, RandomState
from sandbox.inside.report import Report
from sandbox.inside.run_cells import Cells
from sandbox.inside.things import Policy
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense

START_SECONDS = 60.0
# A cell is interrupted in the other program; that it has ended we must hear so much later.
GRACE_SECONDS = 3.0
NOTES = "application/vnd.maru.split+json"
MOST_NOTES = 200
_ITERATORS = frozenset(["send", "close", "throw"])


def prepare(report: Report, job: dict[str, Any]) -> Callable[[], None]:
    return Checker(report, job).run_steps


class Checker(Cells):
    def __init__(self, report: Report, job: dict[str, Any]) -> None:
        super().__init__(report, job)
        settings = job["settings"]
        self._sources: list[str] = job["cells"]
        self._steps: list[dict[str, Any]] = settings["steps"]
        self._is_learning = bool(settings.get("learning"))
        self._policy = Policy(trusted=self._is_learning)
        channel = Channel(socket.socket(fileno=PEER), on_tick=self.clock.check)
        self._peer = _Peer(channel, self._policy, lends=_may_be_lent)
        self._peer.seconds_left = lambda: self.clock.seconds_left
        self._peer.pack, self._peer.unpack = self._pack, self._unpack
        self._names = Names(self.shell.user_ns, self._peer.things)
        self._reads = set(settings.get("reads", ()))
        self._owned: set[str] = set()  # ours, whatever the learner's code defines
        self._learners: set[str] = set()
        self._wanted: set[str] = set()
        self._asked: set[str] = set()  # what the learner's program may tell of
        self._builtins = Builtins()
        self._random = RandomState(tells_new=True) if settings.get("random", True) else None
        self._folder = Folder() if settings.get("files", True) else None
        self._step: dict[str, Any] = {}
        self._learner_drew = False
        self._takes_random = True
        self._dead = ""

    def run_steps(self) -> None:
        sys.path.remove("")  # the learner's files come here, and no file of theirs may be imported
        self.capture.start()
        self.report.send("ready")
        index, seconds = 0, START_SECONDS
        for step in self._steps:
            self._step = step
            if step["side"] != "checker":
                self._let_the_learner_run(step, seconds + float(self.limits["cell_seconds"]) + GRACE_SECONDS)
                seconds = 0.0
            if step["side"] != "learner":
                self.run_one(index, self._sources[index])
                index += 1

    def _let_the_learner_run(self, step: dict[str, Any], seconds: float) -> None:
        self._takes_random = step["side"] == "learner"
        try:
            changed = self._peer.ask("run", seconds=seconds)
        except ProgramDied as error:
            self._dead = str(error)
            return
        except BaseException as error:  # an answer that makes no sense
            self._dead = str(
                self._peer.gone(f"The program that holds the answers broke off ({type(error).__name__}).")
            )
            return
        finally:
            self._takes_random = True
        if self._is_learning and step["side"] == "learner":
            step["sets"] = [name for name in changed if type(name) is str]
        if step["side"] == "learner":
            self._learners.update(step.get("sets", ()))
            self._owned.difference_update(step.get("sets", ()))

    def execute(self, source: str) -> BaseException | None:
        self._begin(source)
        before = dict(self.shell.user_ns)
        error = self._fetch()
        fetched = {name: value for name, value in self.shell.user_ns.items() if before.get(name) is not value}
        if error is None:
            error = super().execute(source)
        if error is None and self._peer.notes.unexpected:
            # The learner's code changed what the test gave it, and the author's does not. The test may now compare
            # with what was changed, so it must also hold for a test whose values nobody touches.
            self._peer.applies_mutations = False
            error = super().execute(source)
            self._peer.applies_mutations = True
        self._settle({**before, **fetched})
        return error

    def finish(self, index: int, error: BaseException | None) -> BaseException | None:
        if not self._step.get("proven", True):
            # The author's own solution fails here, so nobody knows which types a right answer has.
            self._policy.cannot += self._policy.refused
        if self._policy.cannot and error is None:
            error = CannotCross(self._policy.cannot[0])
            self.say(error)
        elif self._peer.is_gone and not isinstance(error, ProgramDied):
            self._dead = self._dead or "The program that holds the answers has ended."
            error = ProgramDied(self._dead)
            self.say(error)
        self._tell()
        return error

    def _begin(self, source: str) -> None:
        self._asked = set()
        self._peer.notes = Notes()
        self._policy.cannot.clear()
        self._policy.refused.clear()
        self._policy.seen = set()
        self._learner_drew = False
        if not self._is_learning:
            self._policy.sites = frozenset(self._step.get("sites", ()))
            self._peer.mutations = frozenset(self._step.get("mutated", ()))
        self._wanted |= names_in(self.shell.transform_cell(source))

    def _fetch(self) -> BaseException | None:
        """See the learner's variables that this cell, or a function of an earlier one, mentions."""
        asked = {
            name
            for name in self._wanted
            if name in self._learners
            or (
                name not in self._owned
                and not hasattr(builtins, name)
                and name not in self.shell.user_ns_hidden
            )
        }
        self._asked = asked
        self._names.shared = self._reads & (self._owned | asked)
        try:
            self._peer.ask("share", arguments=(sorted(asked),), seconds=GRACE_SECONDS + START_SECONDS)
        except BaseException as error:
            if not isinstance(error, (ProgramDied, CannotCross)):
                error = self._peer.gone(
                    f"The program that holds the answers broke off ({type(error).__name__})."
                )
            self.say(error)
            return error
        return None

    def _settle(self, before: dict[str, Any]) -> None:
        """What this cell has set is ours from now on."""
        variables = self.shell.user_ns
        hidden = self.shell.user_ns_hidden
        new = {
            name
            for name, value in variables.items()
            if before.get(name, before) is not value and not name.startswith("_") and name not in hidden
        }
        self._owned |= new
        self._learners -= new
        if self._step["side"] == "both":
            self._names.settle(new)
            if self._random:
                self._random.changed(self._peer.things)

    def _tell(self) -> None:
        notes, policy = self._peer.notes, self._policy
        drew = bool(self._learner_drew and self._random and self._random.changed(self._peer.things))
        told = {
            "decided": sorted(notes.decided),
            "unexpected": sorted(notes.unexpected),
            "refused": policy.refused,
            "cannot": policy.cannot,
            "drew": drew,
        }
        if self._is_learning:
            told |= {"sites": sorted(policy.seen), "mutated": sorted(notes.mutated)}
            told["sets"] = [step.get("sets", []) for step in self._steps]
            told["random"], told["files"] = self._peer.saw_random, self._peer.saw_files
        data = {
            NOTES: {
                key: value[:MOST_NOTES] if isinstance(value, list) else value for key, value in told.items()
            }
        }
        self.capture.final("output", o={"output_type": "display_data", "data": data, "metadata": {}})

    def _pack(self, encoder: Encoder, is_answer: bool) -> dict[str, Any]:  # noqa: FBT001 - Peer's signature
        self._names.shared = self._reads & (self._owned | self._names.shared)
        luggage: dict[str, Any] = {
            "names": self._names.changed(encoder),
            "builtins": self._builtins.changed(encoder),
        }
        if self._random and (states := self._random.changed(self._peer.things)):
            luggage["random"] = encoder.tree(states)
        if self._folder:
            luggage["files"] = self._folder.changed(encoder)
        return {key: value for key, value in luggage.items() if value}

    def _unpack(self, message: dict[str, Any], decoder: Decoder) -> None:
        if "out" in message:
            _print(message["out"])
        if self._random and "random" in message:
            self._peer.saw_random = self._learner_drew = True
            states = decoder.value(message["random"])
            if self._takes_random:
                self._random.take(states, self._peer.things)
        if self._folder and "files" in message:
            self._peer.saw_files = True
            self._folder.take(message["files"], decoder)
        if "names" in message:
            self._names.take(message["names"], decoder, only=self._asked)


class _Peer(Peer):
    saw_random = saw_files = False

    def run(self, question: dict[str, Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """What the learner's code may do with an object of the tests: what a guest may."""
        what, name, thing = question.get("w"), question.get("n"), self.things.own(question.get("h"))
        if what in {"get", "set", "delete"}:
            if not isinstance(name, str) or name.startswith("_"):
                raise AttributeError(name)
            is_iterator = isinstance(thing, types.GeneratorType)
            if isinstance(thing, _CALLED_ONLY) or (is_iterator and name not in _ITERATORS):
                raise AttributeError(name)
        return super().run(question, arguments, named)


_CALLED_ONLY = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType)


def _may_be_lent(value: Any) -> bool:
    return not isinstance(value, types.ModuleType)


def _print(pieces: Any) -> None:
    if type(pieces) is not list:
        raise Nonsense("output")
    for piece in pieces:
        if type(piece) is not list or len(piece) != 2 or not all(type(text) is str for text in piece):  # noqa: PLR2004
            raise Nonsense("output")
        (sys.stderr if piece[0] == "stderr" else sys.stdout).write(piece[1])

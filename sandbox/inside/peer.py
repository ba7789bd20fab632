"""The dialogue of two processes: each asks the other to call, look up and operate on what it holds.

One question at a time; while its answer is awaited, questions of the other side (callbacks) are answered. A question
carries what its side has changed meanwhile (names, random state, files), an answer what the call changed here: the
arguments that it mutated, output, names, random state, files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.inside.channel import Channel, PeerGone
from sandbox.inside.mutation import change, is_mutable, print_of
from sandbox.inside.proxies import DECIDING, HARMLESS, OPERATIONS, remote_of
from sandbox.inside.things import Policy, Things
from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense, Tree

# What the other side may take to answer after it was interrupted.
GRACE_SECONDS = 2.0
Luggage = Callable[[Encoder], dict[str, Any]]


class ProgramDied(BaseException):
    """The other program has ended, lied, or does not answer. No `except Exception` of a test may take it for less."""


class Notes:
    """What the checker remembers of a cell's dialogue."""

    def __init__(self) -> None:
        self.decided: set[str] = set()  # where the learner's code itself answered a comparison
        self.mutated: set[str] = set()
        self.unexpected: set[str] = set()
        self.is_foreign_random = False


class Peer:
    """One end. `pack` and `unpack` carry a side's luggage; `answer_other` answers questions that are not of objects."""

    def __init__(self, channel: Channel, policy: Policy, *, lends: Callable[[Any], bool]) -> None:
        self.channel = channel
        self.policy = policy
        self.things = Things(policy, self, lends=lends)
        self.notes = Notes()
        self.mutations: frozenset[str] | None = None  # those that the author's solution makes; None: any
        self.applies_mutations = True
        self.is_gone = False
        self.seconds_left: Callable[[], float | None] = lambda: None
        self.pack: Callable[[Encoder, bool], dict[str, Any]] = lambda _encoder, _is_answer: {}
        self.unpack: Callable[[dict[str, Any], Decoder], None] = lambda _message, _decoder: None
        self._number = 0
        self._is_behind = False

    # --- asking

    def operate(self, proxy: Any, name: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        remote = remote_of(proxy)
        if name in DECIDING and not remote.operations <= HARMLESS and not remote.is_class:
            self.notes.decided.add(f"{remote.path} {name}")
        path = f"{remote.path}{_SUFFIXES.get(name, f'.{name}')}"
        return self.ask("do", handle=remote.handle, name=name, arguments=arguments, named=named, path=path)

    def attribute(self, proxy: Any, name: str) -> Any:
        remote = remote_of(proxy)
        return self.ask("get", handle=remote.handle, name=name, path=f"{remote.path}.{name}")

    def set_attribute(self, proxy: Any, name: str, value: Any) -> None:
        self.ask("set", handle=remote_of(proxy).handle, name=name, arguments=(value,))

    def delete_attribute(self, proxy: Any, name: str) -> None:
        self.ask("delete", handle=remote_of(proxy).handle, name=name)

    def is_instance(self, proxy: Any, value: Any) -> bool:
        return bool(self.ask("isinstance", handle=remote_of(proxy).handle, arguments=(value,)))

    def ask(
        self,
        what: str,
        *,
        handle: int | None = None,
        name: str = "",
        arguments: tuple[Any, ...] = (),
        named: dict[str, Any] | None = None,
        path: str = "",
        seconds: float | None = None,
    ) -> Any:
        """The other side's value. Raises what its code raised, CannotCross, and ProgramDied."""
        self._catch_up()
        encoder = Encoder(self.things)
        named = named or {}
        try:
            trees = encoder.trees(arguments), {key: encoder.tree(value) for key, value in named.items()}
        except CannotCross as error:
            self.policy.cannot.append(str(error))
            raise
        self._number += 1
        message = {"q": self._number, "w": what, "h": handle, "n": name, "a": trees[0], "k": trees[1]}
        left = self.seconds_left() if seconds is None else seconds
        self._send({**message, "s": left, **self.pack(encoder, False)}, encoder)
        answer, buffers = self._await_answer(self._number, seconds)
        return self._read_answer(answer, buffers, _by_place(arguments, named), path)

    def _catch_up(self) -> None:
        """An interrupted question may still be answered; that answer is nobody's."""
        if self.is_gone:
            raise ProgramDied("The program that holds the answers has ended.")
        if self._is_behind:
            self._await_answer(self._number, GRACE_SECONDS)

    def _send(self, message: dict[str, Any], encoder: Encoder) -> None:
        try:
            self.channel.send(message, encoder.buffers)
        except PeerGone as error:
            raise self.gone("The program that holds the answers has ended.") from error
        except ValueError as error:
            self.policy.cannot.append(str(error))
            raise CannotCross(str(error)) from error

    def _await_answer(self, number: int, seconds: float | None) -> tuple[dict[str, Any], list[bytes]]:
        self._is_behind = True
        try:
            while True:
                message, buffers = self.channel.receive(seconds)
                if "q" in message:
                    self.answer(message, buffers)
                elif message.get("r") == number:
                    self._is_behind = False
                    return message, buffers
        except PeerGone as error:
            raise self.gone("The program that holds the answers ended itself.") from error
        except TimeoutError as error:
            raise self.gone("The program that holds the answers does not answer any more.") from error
        except Nonsense as error:
            raise self.gone(f"The program that holds the answers wrote nonsense ({error}).") from error

    def gone(self, why: str) -> ProgramDied:
        self.is_gone = True
        self.channel.close()
        return ProgramDied(why)

    def _read_answer(
        self, answer: dict[str, Any], buffers: list[bytes], given: dict[Any, Any], path: str
    ) -> Any:
        things = self.things
        before = things.path, things.arguments
        things.path, things.arguments = path, dict(given)
        decoder = Decoder(buffers, things)
        try:
            self.unpack(answer, decoder)
            self._take_mutations(answer, decoder, path)
            if "c" in answer:
                why = decoder.text(answer, "c")[:200]
                self.policy.cannot.append(f"{path}: {why}")
                raise CannotCross(why)
            if "x" in answer:
                error = _as_error(decoder.value(answer["x"]))
            else:
                return decoder.value(answer.get("v"))
        except Nonsense as nonsense:
            raise self.gone(f"The program that holds the answers wrote nonsense ({nonsense}).") from nonsense
        finally:
            things.path, things.arguments = before
        raise error.with_traceback(None)

    def _take_mutations(self, answer: dict[str, Any], decoder: Decoder, path: str) -> None:
        for pair in decoder.list_of(answer, "m") if "m" in answer else ():
            if type(pair) is not list or len(pair) != 2:  # noqa: PLR2004 - a pair
                raise Nonsense("mutation")
            key, new = pair[0], decoder.value(pair[1])
            if type(key) not in {int, str} or key not in self.things.arguments:
                raise Nonsense("mutation")
            site = f"{path}#{key}"
            self.notes.mutated.add(site)
            if self.mutations is not None and site not in self.mutations:
                self.notes.unexpected.add(site)
                if not self.applies_mutations:
                    self.things.arguments[key] = new  # what comes back as this argument is the learner's copy
                    continue
            try:
                done = change(self.things.arguments[key], new)
            except Exception as error:
                raise Nonsense("mutation") from error
            if not done:
                self.policy.cannot.append(f"{path}: an argument that was changed in place")

    # --- answering

    def serve(self, seconds: float | None = None) -> None:
        """Answer one question. Raises PeerGone."""
        message, buffers = self.channel.receive(seconds)
        if "q" in message:
            self.answer(message, buffers)

    def answer(self, question: dict[str, Any], buffers: list[bytes]) -> None:
        decoder = Decoder(buffers, self.things)
        before = self.things.path, self.things.arguments, self.things.aliases
        self.things.path, self.things.arguments, self.things.aliases = (
            f"callback {self._named(question)}",
            {},
            {},
        )
        encoder = Encoder(self.things)
        try:
            reply = self._reply(question, decoder, encoder)
        finally:
            self.things.path, self.things.arguments, self.things.aliases = before
        try:
            self.channel.send({"r": question["q"], **reply}, encoder.buffers)
        except ValueError:
            self.channel.send({"r": question["q"], "c": "an answer that is too long"}, [])

    @staticmethod
    def _named(question: dict[str, Any]) -> str:
        name = question.get("n")
        return name[:40] if type(name) is str else ""

    def _reply(self, question: dict[str, Any], decoder: Decoder, encoder: Encoder) -> dict[str, Any]:
        given: dict[Any, Any] = {}
        prints: dict[Any, Any] = {}
        reply: dict[str, Any]
        try:
            self.unpack(question, decoder)
            arguments = decoder.values(question, "a")
            named = {key: decoder.value(tree) for key, tree in _as_dict(question.get("k")).items()}
            given = {key: value for key, value in _by_place(arguments, named).items() if is_mutable(value)}
            prints = {key: print_of(value, self.things) for key, value in given.items()}
            value = self.run(question, arguments, named)
            reply = {"v": self._value(value, given, encoder)}
        except CannotCross as error:
            reply = {"c": str(error)}
        except BaseException as error:
            if isinstance(error, (PeerGone, ProgramDied, Nonsense)):
                raise
            reply = {"x": self.things.error(error, encoder)}
        changed = [key for key, value in given.items() if print_of(value, self.things) != prints[key]]
        try:
            reply["m"] = [[key, encoder.tree(given[key])] for key in changed]
            reply |= self.pack(encoder, True)
        except CannotCross as error:
            return {"c": str(error)}
        return reply

    def _value(self, value: Any, given: dict[Any, Any], encoder: Encoder) -> Tree:
        for key, argument in given.items():
            if argument is value:
                return {"!": "argument", "k": key}
        return encoder.tree(value)

    def run(self, question: dict[str, Any], arguments: list[Any], named: dict[str, Any]) -> Any:
        """What the question asks for. Subclasses know more questions, and what may be asked of them."""
        thing = self.things.own(question.get("h"))
        what, name = question.get("w"), question.get("n")
        if type(name) is not str:
            raise Nonsense("name")
        if what == "do" and name in OPERATIONS:
            return OPERATIONS[name](thing, *arguments, **named)
        if what == "get":
            return getattr(thing, name)
        if what == "set":
            return setattr(thing, name, arguments[0])
        if what == "delete":
            return delattr(thing, name)
        if what == "isinstance":
            return isinstance(arguments[0], thing)
        raise Nonsense("question")


def _by_place(arguments: Sequence[Any], named: dict[str, Any]) -> dict[Any, Any]:
    """The arguments of a call by position or name."""
    return {**{place: value for place, value in enumerate(arguments)}, **named}  # noqa: C416 - keys of two types


def _as_error(value: Any) -> BaseException:
    if not isinstance(value, BaseException):
        raise Nonsense("error")
    return value


def _as_dict(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise Nonsense("named arguments")
    return value


_SUFFIXES = {"call": "()", "getitem": "[]", "next": "/", "iter": ""}


class RandomState:
    """The states of the global generators of `random`, numpy and torch, where loaded; told when they change."""

    def __init__(self, *, tells_new: bool) -> None:
        self._tells_new = tells_new  # whether a generator that was only just imported is worth telling
        self._told: dict[str, Any] = {}

    def changed(self, foreign: Things) -> dict[str, Any]:
        """The states that are not what the other side has; by being asked they count as told."""
        new = {}
        for name, state in _states().items():
            mark = print_of(list(state) if isinstance(state, tuple) else state, foreign)
            known = self._tells_new or name in self._told
            if self._told.get(name) != mark:
                self._told[name] = mark
                if known:
                    new[name] = state
        return new

    def take(self, states: Any, foreign: Things) -> None:
        if type(states) is not dict:
            raise Nonsense("random state")
        try:
            for name, state in states.items():
                _set_state(name, state)
        except (TypeError, ValueError, KeyError, OverflowError, RuntimeError) as error:
            raise Nonsense("random state") from error
        self.changed(foreign)


def _states() -> dict[str, Any]:
    states: dict[str, Any] = {}
    if "random" in sys.modules:
        states["random"] = sys.modules["random"].getstate()
    if "numpy" in sys.modules:
        states["numpy"] = list(sys.modules["numpy"].random.get_state())
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].get_rng_state().numpy()
    return states


def _set_state(name: str, state: Any) -> None:
    module = sys.modules.get(name)
    if name == "random" and module:
        module.setstate(state)
    elif name == "numpy" and module:
        module.random.set_state(tuple(state))
    elif name == "torch" and module:
        module.set_rng_state(module.from_numpy(state))

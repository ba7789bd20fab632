"""What can go wrong on our side. What the learner's program does is a `Result`, never an exception."""

from __future__ import annotations


class SandboxFault(Exception):
    """The platform could not judge the job; it says nothing about the learner's program."""


class SandboxUnavailable(SandboxFault):
    """This machine cannot isolate a program. `sentence` says what is missing, `cure` what to do about it."""

    def __init__(self, sentence: str, cure: str) -> None:
        super().__init__(f"{sentence} {cure}")
        self.sentence = sentence
        self.cure = cure


def command_for(name: str) -> str:
    """What builds an environment, as its operator types it."""
    return f"python -m sandbox build {name}"


class EnvironmentMissing(SandboxFault):
    """An environment that is not built on this machine. `command` builds it."""

    def __init__(self, name: str) -> None:
        self.name, self.command = name, command_for(name)
        super().__init__(f"The environment {name!r} is not built. Build it: {self.command}")

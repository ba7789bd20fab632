"""The IPython shell of the cells: the outputs that ipykernel would give, sent to the host as they come."""

from __future__ import annotations

import builtins
import re
import sys
from pathlib import Path
from traceback import clear_frames
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from sandbox.inside.capture import Capture, CellStream
from sandbox.inside.clock import Clock
from sandbox.inside.limits import open_reserve

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
OUR_FILES = {str(path) for path in Path(__file__).parent.glob("*.py")}
LONGEST_VALUE = 10_000
LONGEST_TRACEBACK = 50_000


class Hook(DisplayHook):
    """The value of a cell's last expression."""

    def start_displayhook(self) -> None:
        self.output: dict[str, Any] = {
            "output_type": "execute_result",
            "execution_count": self.prompt_count,
            "data": {},
            "metadata": {},
        }

    def write_output_prompt(self) -> None:
        """The number travels with the output."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.output["data"] = encoded(format_dict)
        self.output["metadata"] = md_dict or {}

    def finish_displayhook(self) -> None:
        if self.output["data"]:
            CellShell.capture.message("output", o=self.output)


class Publisher(DisplayPublisher):
    """Whatever is shown by `display`, figures among it."""

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        source: str = "",
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        output = {"output_type": "display_data", "data": encoded(data), "metadata": metadata or {}}
        display_id = (transient or {}).get("display_id")
        CellShell.capture.message("output", o=output, id=display_id, update=update)

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - IPython's signature
        CellShell.capture.message("clear", wait=bool(wait))


class CellShell(InteractiveShell):
    """An InteractiveShell whose errors go to the host instead of the terminal."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    capture: Capture
    clock: Clock

    def enable_gui(self, gui: str | None = None) -> None:
        """`%matplotlib inline` asks for none, and there is no other."""

    def ask_exit(self) -> NoReturn:
        raise SystemExit

    def showtraceback(self, *arguments: Any, **options: Any) -> None:
        self.clock.hold()
        open_reserve()
        error = sys.exc_info()[1]
        _cut_our_frames(error)
        super().showtraceback(*arguments, **options)
        if isinstance(error, MemoryError):
            # The shell keeps the last traceback, and with it all that the failed functions held: let it go, or
            # the cells behind would find no memory either.
            clear_frames(error.__traceback__)

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: list[str]) -> None:
        self.capture.final("output", o=error_output(etype.__name__, str(evalue), "\n".join(stb)))


def make_ready() -> Any:
    """The shell, with nobody to report to yet."""
    config = Config()
    config.HistoryManager.enabled = False  # it would start a thread and write a database
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autoindent = False
    return CellShell.instance(config=config)


def make_shell(capture: Capture, clock: Clock) -> Any:
    """The shell, or the one that stands ready, and its streams."""
    CellShell.capture, CellShell.clock = capture, clock
    shell = make_ready()
    sys.stdout, sys.stderr = CellStream(capture, 1), CellStream(capture, 2)
    builtins.input = _refuse_input
    shell.set_hook("show_in_pager", _show_nothing, 99)
    return shell


def error_output(name: str, value: str, traceback: str) -> dict[str, Any]:
    text = ANSI.sub("", traceback)
    if len(text) > LONGEST_TRACEBACK:
        half = LONGEST_TRACEBACK // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return {
        "output_type": "error",
        "ename": name[:LONGEST_VALUE],
        "evalue": ANSI.sub("", value)[:LONGEST_VALUE],
        "traceback": text.split("\n"),
    }


def encoded(data: dict[str, Any]) -> dict[str, Any]:
    """Bytes as base64, as in an .ipynb file; IPython gives images as bytes."""
    from binascii import b2a_base64

    return {
        kind: b2a_base64(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


def _cut_our_frames(error: BaseException | None) -> None:
    """An interrupt is raised by us; where it hit the cell is what the learner wants to see."""
    traceback = error.__traceback__ if error else None
    while traceback and traceback.tb_next:
        if traceback.tb_next.tb_frame.f_code.co_filename in OUR_FILES:
            traceback.tb_next = None
        traceback = traceback.tb_next


def _show_nothing(*_page: Any, **_options: Any) -> None:
    """`len?` opens a window beside a notebook; it is no output."""


def _refuse_input(prompt: object = "", /) -> NoReturn:
    raise EOFError(f"input({prompt!r}): nobody is here to answer.")

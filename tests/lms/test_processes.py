from __future__ import annotations

import os
import threading
import time

import pytest

from lms.processes import LONGEST_LINE, Output


def _write(pipe: int, data: bytes) -> None:
    with os.fdopen(pipe, "wb") as file:
        file.write(data)


def test_of_a_line_without_end_the_beginning_is_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    reader, writer = os.pipe()
    output = Output()
    output.follow("flood", reader)
    text = b"first\n" + b"x" * 30_000_000 + "\n한글\n\nlast".encode()
    began = time.monotonic()
    thread = threading.Thread(target=_write, args=(writer, text))
    thread.start()
    while output.selector.get_map():
        output.pump(0.1)
    thread.join()
    assert time.monotonic() - began < 5
    first, long, *others = [
        line.removeprefix("flood      | ") for line in capsys.readouterr().out.splitlines()
    ]
    assert [first, *others] == ["first", "한글", "", "last"]
    assert long == "x" * LONGEST_LINE + f"… ({30_000_000 - LONGEST_LINE} bytes more)"

"""Jobs and results as JSON, and what is not a job."""

from __future__ import annotations

import base64

import pytest

from sandbox import CellResult, Job, Limits, Result


def test_a_job_survives_json() -> None:
    content = base64.b64encode(b"1").decode()
    job = Job(
        "/somewhere", ("print('값')",), {"a/b.csv": content}, simulator=True, limits=Limits(memory_mb=300)
    )
    assert Job.from_json(job.to_json()) == job


def test_what_is_left_out_of_a_job_has_its_default() -> None:
    assert Job.from_json('{"environment": "e", "cells": ["1"]}') == Job("e", ("1",))


def test_a_result_survives_json() -> None:
    outputs = ({"output_type": "stream", "name": "stdout", "text": "a"},)
    result = Result("died", (CellResult(0, "error", 0.5, outputs, 3),), 1.5, 20.0, "It died.")
    assert Result.from_json(result.to_json()) == result


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"cells": ["1"]}',
        '{"environment": "e", "cells": "1"}',
        '{"environment": "e", "cells": [1]}',
        '{"environment": "e", "cells": ["1"], "x": 1}',
        '{"environment": "e", "cells": ["1"], "limits": {"seconds": 0}}',
    ],
)
def test_what_is_not_a_job_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Job.from_json(text)


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", ".", "a\0b"])
def test_a_file_outside_the_working_directory_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="working directory"):
        Job("e", ("1",), {name: ""})


def test_a_file_that_is_not_base64_or_too_large_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        Job("e", ("1",), {"a": "!"})
    with pytest.raises(ValueError, match="1 MB"):
        Job("e", ("1",), {"a": base64.b64encode(bytes(2 << 20)).decode()}, limits=Limits(disk_mb=1))


def test_a_program_that_is_not_there_is_no_job() -> None:
    with pytest.raises(ValueError, match="no program"):
        Job("e", ("1",), program="dance")  # type: ignore[arg-type]

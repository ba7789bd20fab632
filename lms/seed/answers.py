"""What learners of the sample course handed in: a few real notebooks, and what the sandbox said of each.

The results stand in `recorded.json`. `python -m tests.record_attempts` makes it anew when a sample notebook
has changed; a test compares it with what the sandbox says today.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from grading import checked, notebook
from grading.bundles import Bundle
from grading.judging import Verdict, judge, own_cells
from grading.models import Exercise
from lms.places import BASE_DIR
from lms.smoke import COURSE, reference_answers, unit_key
from records import artifacts
from sandbox import Result

RECORDED = Path(__file__).with_name("recorded.json")
WINE, CLASSIFIER, KERNEL = "meet-the-wine-data", "a-first-classifier", "first-gpu-kernel"
AVERAGE = "moving-average"
STUB: None = None  # the question was left as it was handed out

_ONE_SIDE = """def outliers(values):
    q1, q3 = values.quantile(0.25), values.quantile(0.75)
    return values[values > q3 + 1.5 * (q3 - q1)]"""
_RAW_MODEL = """def fit_and_predict(X_train, y_train, X_test):
    from sklearn.dummy import DummyClassifier

    model = DummyClassifier().fit(X_train, y_train)
    return model.predict(X_test)"""
_PRECISION = """def recall(matrix):
    return matrix[1][1] / (matrix[0][1] + matrix[1][1])"""
_LONG_ESSAY = """No. With seed 0 my model was right for 98.6% of the rows, against a baseline of 62.9%, but it missed
2 of the 53 malignant tumours, and with another seed it missed 7.

- A missed tumour can cost a life; a false alarm costs one more examination.
- All data come from **one** hospital and one microscope.

I would let it sort the queue, with a doctor looking at every case, and compare its recall on patients of the
new hospital with that of the doctors, every month."""
_KOREAN_ESSAY = """혼자 결정하게 두지 않겠습니다. 시드 0에서 정확도는 98.6%였지만
악성 53건 가운데 **2건을 놓쳤고**, 시드를 바꾸면 7건까지 놓쳤습니다.
놓친 종양은 생명이 걸린 일이고 헛경보는 검사 한 번입니다. 데이터도 한 병원에서만 왔습니다.

새 병원 환자 200명의 조직검사 결과로 재현율을 재어 의사와 비교한 다음, 보조 판독에만 쓰겠습니다."""
_SHORT_ESSAY = "No, because medicine is too important. It should be tested more before anybody relies on it."

_SLOW = """def moving_average(values, window):
    if window < 1:
        raise ValueError("a window holds at least one value")
    return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]
"""
_ONE_SHORT = """def moving_average(values, window):
    return [sum(values[i : i + window]) / window for i in range(len(values) - window)]
"""

# By exercise, then by the name of the attempt: the answers (of a program: the files) that differ from the
# author's own.
ATTEMPTS: dict[str, dict[str, dict[str, str | None]]] = {
    WINE: {
        "right": {},
        "nearly": {
            "missing": "def missing_share(table):\n    return table.isna().mean()",
            "outliers": _ONE_SIDE,
        },
        "begun": {"fill": STUB, "lopsided": STUB, "most-lopsided": STUB, "outliers": STUB},
    },
    CLASSIFIER: {
        "long": {"decide-alone": _LONG_ESSAY},
        "korean": {"decide-alone": _KOREAN_ESSAY},
        "nearly": {"recall": _PRECISION, "decide-alone": _SHORT_ESSAY},
        "begun": {"predict": _RAW_MODEL, "confusion": STUB, "recall": STUB, "decide-alone": STUB},
    },
    AVERAGE: {
        "right": {},
        "slow": {"program.py": _SLOW},
        "one-short": {"program.py": _ONE_SHORT},
    },
    KERNEL: {
        "right": {},
        "unguarded": {
            "saxpy": "@cuda.jit\ndef saxpy(a, x, y, out, n):\n    i = cuda.grid(1)\n    out[i] = a * x[i] + y[i]"
        },
        "rounded-down": {
            "blocks": "def blocks_needed(n, block_size):\n    return n // block_size",
            "saxpy": STUB,
        },
    },
}
# What a person gave for an essay, and said.
BY_HAND: dict[str, tuple[float, str]] = {
    "long": (4.5, "A clear decision with its reasons. Say what a false alarm costs the patient, too."),
    "korean": (5, "숫자로 뒷받침한 판단이 분명하고, 확인 방법까지 구체적이에요. 잘했어요."),
    "nearly": (1, "Which number of your own speaks against it, and which test on which patients would help?"),
    "begun": (0, ""),
}


@dataclass(frozen=True)
class Recorded:
    """One notebook that was handed in, and how it was graded."""

    name: str
    sha256: str
    notices: tuple[str, ...]
    raw_result: dict[str, Any]
    verdicts: tuple[Verdict | checked.Verdict, ...]
    own_cells: list[dict[str, Any]]


def handed_in(exercise: Exercise, changes: Mapping[str, str | None]) -> notebook.Notebook:
    """The released notebook with the author's own answers, except for `changes`."""
    given = _reference(exercise.unit.key) | dict(changes)
    released = notebook.parse_trusted(artifacts.read(exercise.released_sha256))
    return notebook.with_answers(released, {name: text for name, text in given.items() if text is not None})


def rebuilt(exercise: Exercise, submitted: notebook.Notebook) -> notebook.Rebuilt:
    return notebook.rebuild(submitted, notebook.parse_trusted(artifacts.read(exercise.master_sha256)))


def recorded_attempts(exercise: Exercise) -> dict[str, Recorded]:
    """Each attempt of an exercise by name, its notebook stored as an artifact and its tests judged."""
    results = json.loads(RECORDED.read_bytes())[exercise.unit.key]
    if exercise.kind == Exercise.Kind.CHECKED:
        return {
            name: _recorded_program(exercise, name, results[name]) for name in ATTEMPTS[exercise.unit.key]
        }
    found = {}
    for name, changes in ATTEMPTS[exercise.unit.key].items():
        submitted = handed_in(exercise, changes)
        built = rebuilt(exercise, submitted)
        result = Result.from_json(json.dumps(results[name]))
        found[name] = Recorded(
            name=name,
            sha256=artifacts.store(notebook.dump(submitted)),
            notices=built.notices,
            raw_result=results[name],
            verdicts=tuple(judge(built.notebook, result)),
            own_cells=own_cells(built.notebook, result),
        )
    return found


def program(exercise: Exercise, name: str) -> Bundle:
    """The author's own files of a checked program, except for what the attempt changes."""
    solution = Bundle.load(artifacts.read(exercise.source_sha256))
    return Bundle(solution.entry, {**solution.files, **ATTEMPTS[exercise.unit.key][name]})  # type: ignore[dict-item]


def _recorded_program(exercise: Exercise, name: str, raw: dict[str, Any]) -> Recorded:
    sha256 = artifacts.store(program(exercise, name).dump())
    return Recorded(
        name=name,
        sha256=sha256,
        notices=(),
        raw_result=raw,
        verdicts=tuple(checked.verdicts(raw)),
        own_cells=[],
    )


@cache
def _reference(key: str) -> dict[str, str]:
    for source in (BASE_DIR / "courses" / "samples" / COURSE).rglob("*.ipynb"):
        if unit_key(source) == key:
            return reference_answers(source)
    raise LookupError(key)

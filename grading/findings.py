"""What a case of a checked program found, in sentences, as far as its reader may know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from grading import differences
from grading.feedback import ALL, HINTS, tells
from grading.models import TestResult
from records.text import TranslatedText

_REASONS = {
    "differs": gettext_lazy("What came back is not what was expected."),
    "type": gettext_lazy("What came back has the wrong type."),
    "nan": gettext_lazy("What came back holds NaN (not a number), and NaN is never right here."),
    "length": gettext_lazy("What came back has the wrong length."),
    "shape": gettext_lazy("What came back has the wrong shape."),
    "keys": gettext_lazy("What came back has the wrong keys."),
    "columns": gettext_lazy("What came back has the wrong columns."),
    "index": gettext_lazy("What came back has the wrong index."),
    "printed": gettext_lazy("What your program printed is not what was expected."),
    "raised": gettext_lazy("Your program stopped with an error."),
    "no_error": gettext_lazy("An error was expected here, but the call returned a value."),
    "timeout": gettext_lazy("The call took longer than its time limit and was stopped."),
    "memory": gettext_lazy("The call needed more memory than allowed."),
    "missing": gettext_lazy("Your program has no function of the name that this test calls."),
    "unsendable": gettext_lazy(
        "What came back could not be judged: it is cyclic, too big, or no plain value (numbers, texts, lists, "
        "arrays, tables)."
    ),
    "load": gettext_lazy("Your program could not be loaded, so no test could call it."),
    "died": gettext_lazy("Your program ended (exit, crash) in the middle of this test."),
    "flood": gettext_lazy("Your program put out far more than allowed and was ended."),
    "nonsense": gettext_lazy("Your program wrote into the channel between it and the test, and was ended."),
    "too_heavy": gettext_lazy(
        "What came back kept the test busy beyond its time or memory, so it could not be judged."
    ),
    "not_run": gettext_lazy(
        "This test did not run: the program had ended before. See the test that ended it."
    ),
    "no_time": gettext_lazy("This test did not run: the time for the whole program was used up."),
}


def explain(result: TestResult, level: str, language: str) -> dict[str, Any]:
    """What the page shows of a case beside its points; `level` is that of the reader.

    Of a hidden one its author's words are all, whatever the level, but for readers who may see everything.
    """
    told, finding = result.told, result.told.get("finding") or {}
    facts: dict[str, Any] = {"message": "", "hint": "", "facts": [], "speed": _speed(told)}
    failed = result.points is not None and result.points < result.max_points
    if not (failed and tells(level, HINTS)):
        return facts | {"facts": _facts(told) if tells(level, ALL) and not result.hidden else []}
    facts["hint"] = text(told.get("hint", {}), language)
    if result.hidden:
        return facts
    own = text(finding.get("words", {}), language)
    facts["message"] = own or str(_REASONS.get(result.reason, ""))
    return facts | _details(result, finding) if tells(level, ALL) else facts


def explain_to_crew(result: TestResult, language: str) -> dict[str, Any]:
    """Everything, hidden or not."""
    told, finding = result.told, result.told.get("finding") or {}
    message = text(finding.get("words", {}), language) or str(_REASONS.get(result.reason, ""))
    hint = text(told.get("hint", {}), language)
    return {"message": message, "hint": hint, "speed": _speed(told), **_details(result, finding)}


def text(by_language: Mapping[str, str], language: str) -> str:
    """The author's words; those without a language are for every reader."""
    return TranslatedText(by_language).into(language)


def _details(result: TestResult, finding: Mapping[str, Any]) -> dict[str, Any]:
    came, expected = finding.get("output", ""), finding.get("expected", "")
    marked, wanted = (
        differences.mark(came, expected) if came and expected else ([(came, False)], [(expected, False)])
    )
    return {
        "input": finding.get("input", ""),
        "came": marked if came else [],
        "expected": wanted if expected else [],
        "where": _where(finding),
        "printed": finding.get("stdout", ""),
        "stderr": finding.get("stderr", ""),
        "facts": _facts(result.told),
    }


def _where(finding: Mapping[str, Any]) -> str:
    if line := finding.get("line"):
        return _("Line %(line)d of your program.") % {"line": line}
    if not (finding.get("came") and finding.get("wanted")):
        return ""
    facts = {"came": finding["came"], "wanted": finding["wanted"], "where": finding.get("where", "")}
    if facts["where"]:
        return _("At %(where)s: %(came)s came, %(wanted)s was expected.") % facts
    return _("%(came)s came, %(wanted)s was expected.") % facts


def _facts(told: Mapping[str, Any]) -> list[str]:
    """Time, memory, and how many of the repetitions passed."""
    facts = []
    if told.get("repeat", 1) > 1:
        facts.append(_("%(passed)d of %(repeat)d inputs right") % told)
    milliseconds = round(1000 * told.get("seconds", 0))
    facts.append(_("Time in your program: %(time)s ms") % {"time": f"{milliseconds:,}"})
    if memory := told.get("memory_mb"):
        facts.append(_("Most memory in the whole run: %(memory)d MB") % {"memory": round(memory)})
    return facts


def _speed(told: Mapping[str, Any]) -> str:
    speed = told.get("speed")
    if not speed or not speed["ratio"]:
        return ""
    words = _(
        "Your program took %(ratio)s times as long as the reference; full points for speed up to %(full)s times."
    )
    return words % {"ratio": f"{speed['ratio']:g}", "full": f"{speed['full']:g}"}

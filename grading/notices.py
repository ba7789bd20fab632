"""The sentences behind the codes of submissions and test results, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from grading.models import GradingJob, TestResult

NOTICES = {
    "unchanged": _("None of your answers differs from the notebook you were given."),
    "untouched": _("Your files are those that you were given: nothing in them was changed."),
    "deleted": _(
        "Cells of the exercise were missing from your file. They were put back; a missing answer earns 0."
    ),
    "duplicated": _("Some cells were in your file more than once. The last one of each was graded."),
}

_REASONS = {
    "timeout": _(
        "This cell took longer than its time limit and was stopped. Look for a loop that never ends."
    ),
    "not_run": _("This test did not run: the program had ended before. See the cell that ended it."),
    "out_of_range": _(
        "The test gave a score that is not a number between 0 and its points. Nothing was counted."
    ),
    "stderr": _("A warning was printed during this test, and a test that warns earns nothing."),
    "no_response": _("No answer was given here."),
    "partial": _("Part of this test passed."),
    "tampered": _(
        "Something in your notebook changes how cells run, so this test says nothing. Remove it and submit again."
    ),
}

MODES = {
    GradingJob.Mode.SAME_PROCESS: _(
        "Tests run in the same process as your code (low assurance); some grades are reviewed by a person."
    ),
    GradingJob.Mode.CHECKED: _(
        "Your program ran in a sandbox of its own, on fresh inputs; another one judged it."
    ),
    GradingJob.Mode.SPLIT: _("Tests run apart from your code."),
}

# Why a result is trusted less: the codes of `splitting.Reason`.
WHY = {
    "compared": _("objects of your own code answered the comparisons of %(cell)s"),
    "random": _("%(cell)s draws random numbers after your code did"),
    "cannot_cross": _("a value of %(cell)s cannot leave the program that made it: %(detail)s"),
    "differs": _("%(cell)s comes out differently apart from the code that it tests"),
    "runs_code": _("%(cell)s runs code that it is given (%(detail)s)"),
    "checker_ended": _("the program that ran the tests ended early"),
    "wished": _("the author of the exercise wants it so"),
}
_MOST_WHY = 3


def mode_sentences(job: GradingJob) -> list[str]:
    """How a submission was graded, what that is worth, and why it is not worth more."""
    sentences = [str(MODES[GradingJob.Mode(job.mode)])]
    if job.mode != GradingJob.Mode.SAME_PROCESS:
        sentences.append(f"{job.get_assurance_display()}.")
    reasons = [str(WHY[reason["code"]] % reason) for reason in job.why if reason["code"] in WHY]
    if reasons:
        sentences.append(str(_("The reason: %(reasons)s.") % {"reasons": "; ".join(reasons[:_MOST_WHY])}))
    return sentences


def explain(result: TestResult) -> str:
    """Why a test has the points it has; the words of a hidden test never appear here."""
    if result.points is None and result.reason == "cannot_cross":
        return str(
            _("This test could not be run apart from your code, so an instructor looks at your answer.")
        )
    if result.points is None:
        return str(_("An instructor grades this answer; the points follow."))
    if result.reason in _REASONS:
        return str(_REASONS[result.reason])
    if result.reason not in {"error", "raised"}:
        return ""
    if result.hidden:
        return str(_("A hidden test of this question failed. Check your answer with other inputs."))
    return result.message


def explain_own(cell: Mapping[str, Any]) -> str:
    """What went wrong in a cell that is no test; empty when nothing did."""
    if cell["reason"] == "error" and cell["line"]:
        return str(_("Line %(line)d: %(message)s") % {"line": cell["line"], "message": cell["message"]})
    return cell["message"] if cell["reason"] == "error" else str(_OWN.get(cell["reason"], ""))


_OWN = {
    "timeout": _REASONS["timeout"],
    "unanswered": _("You have not answered this question yet."),
}


def outcome_sentence(status: str | None) -> str:
    """What ended a submission's program early; empty when it ran to its end."""
    return str(_OUTCOMES.get(status or "", ""))


_OUTCOMES = {
    "died": _("Your program ended before the last cell (exit, crash). What had run until then was graded."),
    "timeout": _("Your program was stopped at its time limit. What had run until then was graded."),
    "memory": _(
        "Your program needed more memory than allowed and was stopped. What had run until then was graded."
    ),
    "output": _(
        "Your program printed more than allowed and was stopped. What had run until then was graded."
    ),
}

"""Numbers for the charts of the style guide: the plain case, and what a chart must bear."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from dashboards.charts import Chart, Series
from dashboards.rowcharts import Bar, BarChart, FunnelChart, HeatChart, Step

_YEAR = tuple(f"2026-{month:02}" for month in range(1, 13))


def chart_samples(theme: str) -> dict[str, Any]:
    people = _("%s people")
    actual = (742.0, 790.0, 846.0, 880.0, 906.0, 958.0, 1000.0, None, 1110.0, 1190.0, 1284.0, None)
    plan = tuple(780.0 + 65 * month for month in range(12))
    return {
        "line": Chart(
            f"{theme}-line",
            _("Experts"),
            _YEAR,
            (Series(_("Actual"), actual), Series(_("Plan"), plan)),
            people,
        ),
        "columns": Chart(
            f"{theme}-columns",
            _("Minutes a day"),
            [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri")],
            (Series(_("Minutes"), (35, 50, 25, 45, None)),),
            _("%s min"),
        ),
        "stacked": Chart(
            f"{theme}-stacked",
            _("Enrollments by state"),
            _YEAR[:6],
            (
                Series(_("Finished"), (12, 18, 22, 30, 34, 41)),
                Series(_("Started"), (20, 22, 19, 24, 30, 28)),
                Series(_("Overdue"), (2, 5, 3, 6, 2, 4)),
                Series(_("Left"), (-1, -2, 0, -4, -3, -2)),
            ),
            people,
        ),
        "bars": BarChart(
            _("Experts by affiliate"),
            (_("Affiliate"), _("Experts")),
            (
                Bar(_("Maru Electronics"), 486, 470, "n = 6,120"),
                Bar(_("Maru Display"), 231, 260, "n = 2,310"),
                Bar(_("Maru Bio"), 37, 70, "n = 210"),
            ),
        ),
        "heat": HeatChart(
            _("Required training that is finished"),
            _("Affiliate"),
            (_("Safety"), _("Privacy"), _("Export control")),
            (
                (_("Maru Electronics"), (98.6, 99.3, 96.1)),
                (_("Maru Display"), (87.4, 98.2, 88.1)),
                (_("Maru Bio"), (93.8, 97.4, None)),
            ),
            "%s%%",
            1,
        ),
        "funnel": FunnelChart(
            _("From enrollment to certificate"),
            (_("Step"), _("People")),
            (Step(_("Enrolled"), 1240), Step(_("First exercise"), 870), Step(_("Passed"), 512)),
        ),
        "spark": Series(_("Learners a week: from 12 to 41"), (12, 18, 15, 22, 30, None, 34, 41)),
    }

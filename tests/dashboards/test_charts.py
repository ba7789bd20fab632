from __future__ import annotations

from dataclasses import replace

import pytest
from django.template import engines
from django.utils import translation

from dashboards import charts, rowcharts
from dashboards.charts import BOTTOM, TOP, Chart, Series
from dashboards.rowcharts import Bar, BarChart, FunnelChart, HeatChart, Step

LONG = "A very long name of an affiliate & its departments beyond the sea"


def chart(*values: float | None, labels: int = 0, unit: str = "%s people") -> Chart:
    names = [f"2026-{number:02}" for number in range(1, (labels or len(values)) + 1)]
    return Chart("experts", "Experts", names, (Series("Actual", values),), unit)


def drawn(tag: str, value: object) -> str:
    template = engines["django"].from_string("{% load charts %}{% " + tag + " value %}")
    return str(template.render({"value": value}))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 25, 50, 75, 100]),
        (0, 1284, [0, 500, 1000, 1500]),
        (-3, 4, [-4, -2, 0, 2, 4]),
        (0.12, 0.31, [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]),
        (0, 0, [0, 0.25, 0.5, 0.75, 1]),
    ],
)
def test_ticks_are_round_and_hold_every_value(low: float, high: float, expected: list[float]) -> None:
    assert charts.ticks(low, high) == expected


@pytest.mark.parametrize("value", [-7.0, 0.0, 0.0003, 5.0, 2e9])
def test_one_value_alone_still_has_an_axis_that_holds_it(value: float) -> None:
    steps = charts.ticks(value, value)
    assert steps[0] < steps[-1]
    assert steps[0] <= value <= steps[-1]


def test_a_line_has_a_gap_where_a_value_is_not_known() -> None:
    [line] = charts.line(chart(1, 2, None, 3, 4)).series
    assert line.path.count("M") == 2


def test_a_point_between_two_gaps_is_seen_as_a_dot() -> None:
    values = [1.0 if month % 2 else None for month in range(80)]
    [line] = charts.line(chart(*values)).series
    assert line.path == ""
    assert len(line.marks) >= 40


def test_one_point_stands_in_the_middle() -> None:
    [line] = charts.line(chart(7)).series
    assert [mark.x for mark in line.marks] == ["50"]


def test_the_number_at_the_end_of_the_lower_line_stands_under_it() -> None:
    both = replace(chart(1, 5), series=(Series("Actual", (1, 5)), Series("Plan", (2, 8))))
    lower, upper = charts.line(both).series
    assert lower.end is not None
    assert upper.end is not None
    assert float(lower.end.y) > float(lower.marks[-1].y)
    assert float(upper.end.y) < float(upper.marks[-1].y)


def test_columns_stand_on_each_other_and_negative_ones_hang_from_zero() -> None:
    stacked = replace(chart(10), series=(Series("a", (10,)), Series("b", (20,)), Series("c", (-5,))))
    drawing = charts.columns(stacked)
    first, second, below = (series.marks[0] for series in drawing.series)
    zero = float(drawing.zero)
    assert float(first.y) + float(first.height) == pytest.approx(zero)
    assert float(second.y) + float(second.height) == pytest.approx(float(first.y), abs=0.02)
    assert float(below.y) == pytest.approx(zero)
    assert [total.title for total in drawing.totals] == ["25"]


@pytest.mark.parametrize(
    "values",
    [
        (),
        (None,),
        (0,),
        (0, 0),
        (-3, -9),
        (-3, 4),
        (1e9, 2e9),
        (1284,),
        (0.1, 0.2),
        (*range(60),),
        (*[None] * 59, 4),
    ],
)
@pytest.mark.parametrize("draw", [charts.line, charts.columns])
def test_everything_stays_inside_the_plot(values: tuple[float | None, ...], draw: object) -> None:
    assert callable(draw)
    drawing = draw(chart(*values))
    for series in drawing.series:
        for mark in series.marks:
            assert 0 <= float(mark.x) <= 100 - float(mark.width or 0)
            assert TOP - 0.02 <= float(mark.y) <= BOTTOM + 0.02
            assert float(mark.y) + float(mark.height or 0) <= BOTTOM + 1.02
    assert len(drawing.labels) <= 7


def test_the_table_twin_says_every_number_with_its_unit() -> None:
    html = drawn("line_chart", chart(1284, None, 0))
    assert '<td class="r num">1,284 people</td>' in html
    assert '<td class="r num">–</td>' in html
    assert '<td class="r num">0 people</td>' in html


def test_numbers_in_places_are_never_written_in_a_readers_way() -> None:
    with translation.override("de"):
        html = drawn("column_chart", chart(1234.5, 3))
    assert "1.234" in html or "1.235" in html
    assert 'x="' in html
    assert not [part for part in html.split('"')[1::2] if part.endswith("%") and "," in part]


def test_a_chart_without_numbers_says_so() -> None:
    for tag in ("line_chart", "column_chart", "stacked_chart"):
        assert "There are no numbers yet" in drawn(tag, chart())
        assert "There are no numbers yet" in drawn(tag, chart(None, None))
    assert "There are no numbers yet" in drawn("bar_chart", BarChart("t", ("a", "b"), ()))
    assert "There are no numbers yet" in drawn("funnel_chart", FunnelChart("t", ("a", "b"), ()))


def test_names_from_data_are_escaped() -> None:
    html = drawn("bar_chart", BarChart("t", ("a", "b"), [Bar("<script>", 1)]))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_series_are_told_apart_without_colour() -> None:
    stacked = replace(chart(1), series=tuple(Series(str(number), (1,)) for number in range(5)))
    html = drawn("stacked_chart", stacked)
    for number in range(2, 6):
        assert f'id="experts-{number}"' in html
        assert html.count(f"url(#experts-{number})") == 2  # the column and the legend


def test_more_series_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ValueError, match="6 series"):
        replace(chart(1), series=tuple(Series(str(number), (1,)) for number in range(6)))


def test_a_series_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="for each label"):
        chart(1, 2, labels=3)


def test_sixty_bars_share_one_scale_with_their_targets() -> None:
    rows = rowcharts.bars(BarChart("t", ("a", "b"), [Bar(LONG, number, 60) for number in range(60)]))
    assert [row.target for row in rows] == ["100"] * 60
    assert rows[30].width == "50"
    assert not any(row.is_reached for row in rows)


def test_a_negative_bar_grows_from_zero_to_the_left() -> None:
    low, high = rowcharts.bars(BarChart("t", ("a", "b"), [Bar("lost", -25), Bar("won", 75)]))
    assert (low.start, low.width) == ("0", "25")
    assert (high.start, high.width) == ("25", "75")
    assert low.text == "−25"


def test_bars_of_zero_and_of_nothing_known_have_no_length() -> None:
    nothing, unknown = rowcharts.bars(BarChart("t", ("a", "b"), [Bar("zero", 0), Bar("unknown", None)]))
    assert nothing.width == unknown.width == "0"
    assert unknown.text == "–"


def test_a_funnel_tells_the_share_of_the_first_and_of_the_step_before() -> None:
    steps = [Step("enrolled", 200), Step("begun", 100), Step("passed", 50), Step("none", 0), Step("still", 0)]
    drawn_steps = rowcharts.funnel(FunnelChart("t", ("a", "b"), steps))
    assert [step.of_first for step in drawn_steps] == [100, 50, 25, 0, 0]
    assert [step.of_previous for step in drawn_steps] == [None, 50, 50, 0, 0]


def test_a_heat_grid_has_levels_from_lowest_to_highest_and_hatches_what_does_not_apply() -> None:
    grid = HeatChart("t", "affiliate", ("x", "y", "z"), [("a", (0, 50, 100)), ("b", (None, 20, 99))])
    (_a, first), (_b, second) = rowcharts.heat(grid)
    assert [cell.level for cell in first] == [1, 3, 5]
    assert [cell.level for cell in second] == [0, 2, 5]
    assert "does not apply" in drawn("heat_grid", grid)


def test_a_sparkline_marks_its_last_known_value() -> None:
    line = charts.sparkline((1, 5, 2, None))
    assert len(line.marks) == 1
    assert float(line.marks[0].x) < 96
    assert charts.sparkline(()).marks == []
    assert 'aria-label="from 1 to 2"' in drawn("sparkline", Series("from 1 to 2", (1, 2)))

"""`{% load charts %}{% line_chart chart %}`: the charts of dashboards/charts.py in any template."""

from __future__ import annotations

from typing import Any

from django import template

from dashboards import charts, rowcharts

register = template.Library()


@register.inclusion_tag("charts/_line.html")
def line_chart(chart: charts.Chart) -> dict[str, Any]:
    return {"chart": chart, "drawing": charts.line(chart), "height": charts.HEIGHT}


@register.inclusion_tag("charts/_columns.html")
def column_chart(chart: charts.Chart) -> dict[str, Any]:
    return {"chart": chart, "drawing": charts.columns(chart), "height": charts.HEIGHT}


@register.inclusion_tag("charts/_columns.html")
def stacked_chart(chart: charts.Chart) -> dict[str, Any]:
    return {"chart": chart, "drawing": charts.columns(chart), "height": charts.HEIGHT, "stacked": True}


@register.inclusion_tag("charts/_bars.html")
def bar_chart(chart: rowcharts.BarChart) -> dict[str, Any]:
    rows = rowcharts.bars(chart)
    return {"chart": chart, "rows": rows, "has_targets": any(row.target for row in rows)}


@register.inclusion_tag("charts/_funnel.html")
def funnel_chart(chart: rowcharts.FunnelChart) -> dict[str, Any]:
    return {"chart": chart, "rows": rowcharts.funnel(chart)}


@register.inclusion_tag("charts/_heat.html")
def heat_grid(chart: rowcharts.HeatChart) -> dict[str, Any]:
    return {"chart": chart, "rows": rowcharts.heat(chart), "levels": range(1, rowcharts.LEVELS + 1)}


@register.inclusion_tag("charts/_spark.html")
def sparkline(series: charts.Series) -> dict[str, Any]:
    """The series' label must say in words what the line shows; the number itself stands beside it."""
    return {"label": series.label, "drawn": charts.sparkline(series.values)}

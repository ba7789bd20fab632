"""Frames, series, indexes and moments of pandas, column by column as typed buffers; see `arrays`."""

from __future__ import annotations

import datetime
import re
from typing import Any

from sandbox.inside.values import CannotCross, Decoder, Encoder, Nonsense, Reader, Tree, Writer

_NULLABLE = frozenset(
    [f"{sign}Int{size}" for sign in ("", "U") for size in (8, 16, 32, 64)]
    + ["Float32", "Float64", "boolean", "string", "str"]
)
_NAMED = re.compile(r"datetime64\[(s|ms|us|ns), [A-Za-z0-9_/:+-]{1,60}\]|period\[[A-Za-z0-9-]{1,20}\]")


def _numpy() -> Any:
    import numpy

    return numpy


def _pandas() -> Any:
    import pandas

    return pandas


def writer_of(kind: type) -> Writer | None:
    """How values of exactly this type are written; None for those that have no plain form."""
    pandas = _pandas()
    writers: dict[type, Writer] = {
        pandas.DataFrame: _write_frame,
        pandas.Series: _write_series,
        pandas.RangeIndex: _write_range,
        pandas.MultiIndex: _write_multi,
        pandas.Timestamp: _write_timestamp,
        pandas.Timedelta: _write_timedelta,
        pandas.Period: _write_period,
        pandas.Interval: _write_interval,
        type(pandas.NaT): lambda _value, _encoder: ("nat", {}),
        type(pandas.NA): lambda _value, _encoder: ("na", {}),
    }
    if kind in writers:
        return writers[kind]
    if issubclass(kind, pandas.Index) and kind.__module__.startswith("pandas"):
        return _write_index
    if issubclass(kind, pandas.api.extensions.ExtensionArray) and kind.__module__.startswith("pandas"):
        return lambda value, encoder: ("column", {"v": _column(value, encoder)})
    if issubclass(kind, pandas.api.extensions.ExtensionDtype) and kind.__module__.startswith("pandas"):
        return _write_extension_dtype
    return None


def _column(values: Any, encoder: Encoder) -> Tree:
    """The values of a series, an index or an extension array."""
    pandas, numpy = _pandas(), _numpy()
    kind = values.dtype
    if isinstance(kind, numpy.dtype):
        return encoder.tree(numpy.asarray(values))
    if isinstance(kind, pandas.CategoricalDtype):
        codes = pandas.Categorical(values).codes
        facts = {"v": encoder.tree(numpy.asarray(codes)), "c": encoder.tree(kind.categories)}
        return {"!": "category", **facts, "o": bool(kind.ordered)}
    if isinstance(kind, pandas.DatetimeTZDtype):
        plain = numpy.asarray(pandas.DatetimeIndex(values).tz_convert("UTC").tz_localize(None))
        return {"!": "datetimes", "v": encoder.tree(plain), "z": str(kind.tz)}
    if isinstance(kind, pandas.PeriodDtype):
        return {
            "!": "periods",
            "v": encoder.tree(pandas.PeriodIndex(values).asi8),
            "f": str(kind)[len("period[") : -1],
        }
    if isinstance(kind, pandas.IntervalDtype):
        index = pandas.IntervalIndex(values)
        return {"!": "intervals", "v": encoder.trees((index.left, index.right)), "c": index.closed}
    if str(kind) not in _NULLABLE:
        raise CannotCross(f"a column of {kind}")
    items = [None if pandas.isna(item) else item for item in values]
    return {"!": "nullable", "d": str(kind), "v": encoder.trees(items)}


def _read_category(tree: dict[str, Any], decoder: Decoder) -> Any:
    codes, categories = decoder.value(tree.get("v")), decoder.value(tree.get("c"))
    return _pandas().Categorical.from_codes(codes, categories=categories, ordered=tree.get("o") is True)


def _read_datetimes(tree: dict[str, Any], decoder: Decoder) -> Any:
    plain = _pandas().DatetimeIndex(decoder.value(tree.get("v")))
    return plain.tz_localize("UTC").tz_convert(_zone(decoder.text(tree, "z"))).array


def _read_periods(tree: dict[str, Any], decoder: Decoder) -> Any:
    ordinals = decoder.value(tree.get("v"))
    return _pandas().PeriodIndex.from_ordinals(ordinals, freq=decoder.text(tree, "f")).array


def _read_intervals(tree: dict[str, Any], decoder: Decoder) -> Any:
    left, right = decoder.values(tree)
    return _pandas().IntervalIndex.from_arrays(left, right, closed=decoder.text(tree, "c")).array


def _read_nullable(tree: dict[str, Any], decoder: Decoder) -> Any:
    kind = decoder.text(tree, "d")
    if kind not in _NULLABLE:
        raise Nonsense("column")
    return _pandas().array(decoder.values(tree), dtype=kind)


def _write_frame(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    columns = [_column(value.iloc[:, place], encoder) for place in range(value.shape[1])]
    return "frame", {"i": encoder.tree(value.index), "c": encoder.tree(value.columns), "v": columns}


def _read_frame(tree: dict[str, Any], decoder: Decoder) -> Any:
    pandas = _pandas()
    index, columns = _index(tree, decoder, "i"), _index(tree, decoder, "c")
    series = [pandas.Series(column, index=index, copy=False) for column in decoder.values(tree)]
    if len(series) != len(columns):
        raise Nonsense("columns")
    frame = pandas.DataFrame(dict(enumerate(series)), index=index)
    frame.columns = columns
    return frame


def _index(tree: dict[str, Any], decoder: Decoder, key: str) -> Any:
    index = decoder.value(tree.get(key))
    if not isinstance(index, _pandas().Index):
        raise Nonsense("index")
    return index


def _write_series(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    facts = {"i": encoder.tree(value.index), "n": encoder.tree(value.name)}
    return "series", {**facts, "v": _column(value, encoder)}


def _read_series(tree: dict[str, Any], decoder: Decoder) -> Any:
    column, name = decoder.value(tree.get("v")), decoder.value(tree.get("n"))
    return _pandas().Series(column, index=_index(tree, decoder, "i"), name=name)


def _write_range(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "rangeindex", {"v": [value.start, value.stop, value.step], "n": encoder.tree(value.name)}


def _read_range(tree: dict[str, Any], decoder: Decoder) -> Any:
    start, stop, step = decoder.values(tree)
    return _pandas().RangeIndex(start, stop, step, name=decoder.value(tree.get("n")))


def _write_multi(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    codes = [encoder.tree(_numpy().asarray(codes)) for codes in value.codes]
    return "multiindex", {"v": encoder.trees(value.levels), "c": codes, "n": encoder.trees(value.names)}


def _read_multi(tree: dict[str, Any], decoder: Decoder) -> Any:
    levels, codes = decoder.values(tree), decoder.values(tree, "c")
    return _pandas().MultiIndex(levels=levels, codes=codes, names=decoder.values(tree, "n"))


def _write_index(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    facts = {"v": _column(value, encoder), "n": encoder.tree(value.name)}
    frequency = getattr(value, "freqstr", None)
    return "index", {**facts, "f": frequency if isinstance(frequency, str) else None}


def _read_index(tree: dict[str, Any], decoder: Decoder) -> Any:
    column, name = decoder.value(tree.get("v")), decoder.value(tree.get("n"))
    index = _pandas().Index(column, name=name)
    if tree.get("f") and hasattr(index, "freq") and not isinstance(index, _pandas().PeriodIndex):
        index.freq = decoder.text(tree, "f")
    return index


def _write_timestamp(value: Any, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    zone = None if value.tz is None else str(value.tz)
    return "timestamp", {"v": int(value.asm8.view("i8")), "u": value.unit, "z": zone}


def _read_timestamp(tree: dict[str, Any], decoder: Decoder) -> Any:
    moment = _numpy().datetime64(decoder.value(tree.get("v")), _unit(tree, decoder))
    plain = _pandas().Timestamp(moment)
    return (
        plain
        if tree.get("z") is None
        else plain.tz_localize("UTC").tz_convert(_zone(decoder.text(tree, "z")))
    )


def _write_timedelta(value: Any, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "pdtimedelta", {"v": int(value.asm8.view("i8")), "u": value.unit}


def _read_timedelta(tree: dict[str, Any], decoder: Decoder) -> Any:
    return _pandas().Timedelta(_numpy().timedelta64(decoder.value(tree.get("v")), _unit(tree, decoder)))


def _unit(tree: dict[str, Any], decoder: Decoder) -> str:
    unit = decoder.text(tree, "u")
    if unit not in {"s", "ms", "us", "ns"}:
        raise Nonsense("unit")
    return unit


def _zone(text: str) -> Any:
    """A zone by its name, or a fixed distance from UTC as pandas writes it."""
    if match := re.fullmatch(r"(?:UTC)?([+-])(\d\d):(\d\d)", text):
        distance = datetime.timedelta(hours=int(match[2]), minutes=int(match[3]))
        return datetime.timezone(distance if match[1] == "+" else -distance)
    if not re.fullmatch(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,2}", text):
        raise Nonsense("zone")
    return text


def _write_period(value: Any, _encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "period", {"v": value.ordinal, "f": value.freqstr}


def _read_period(tree: dict[str, Any], decoder: Decoder) -> Any:
    return _pandas().Period(ordinal=decoder.integer(tree, "v"), freq=decoder.text(tree, "f"))


def _write_interval(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    return "interval", {"v": encoder.trees((value.left, value.right)), "c": value.closed}


def _read_interval(tree: dict[str, Any], decoder: Decoder) -> Any:
    left, right = decoder.values(tree)
    return _pandas().Interval(left, right, closed=decoder.text(tree, "c"))


def _write_extension_dtype(value: Any, encoder: Encoder) -> tuple[str, dict[str, Any]]:
    if isinstance(value, _pandas().CategoricalDtype):
        return "categories", {"v": encoder.tree(value.categories), "o": value.ordered}
    if str(value) not in _NULLABLE and not _NAMED.fullmatch(str(value)):
        raise CannotCross(f"the type {value}")
    return "extension", {"v": str(value)}


def _read_categories(tree: dict[str, Any], decoder: Decoder) -> Any:
    return _pandas().CategoricalDtype(decoder.value(tree.get("v")), ordered=tree.get("o") is True)


def _read_extension_dtype(tree: dict[str, Any], decoder: Decoder) -> Any:
    if decoder.text(tree, "v") not in _NULLABLE and not _NAMED.fullmatch(tree["v"]):
        raise Nonsense("dtype")
    return _pandas().api.types.pandas_dtype(tree["v"])


READERS: dict[str, Reader] = {
    "column": lambda tree, decoder: decoder.value(tree.get("v")),
    "category": _read_category,
    "datetimes": _read_datetimes,
    "periods": _read_periods,
    "intervals": _read_intervals,
    "nullable": _read_nullable,
    "frame": _read_frame,
    "series": _read_series,
    "rangeindex": _read_range,
    "multiindex": _read_multi,
    "index": _read_index,
    "timestamp": _read_timestamp,
    "pdtimedelta": _read_timedelta,
    "period": _read_period,
    "interval": _read_interval,
    "nat": lambda _tree, _decoder: _pandas().NaT,
    "na": lambda _tree, _decoder: _pandas().NA,
    "categories": _read_categories,
    "extension": _read_extension_dtype,
}

"""Plotly figures of a series. Colours, gaps and labels are named; `static/js/charts.js` has the
look of both themes. A figure is {"data", "layout"} as plotly's own classes write it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

import plotly.graph_objects as go
from babel.dates import format_date

from hub.analytics.numbers import Series
from hub.clock import day_from
from hub.text import _, day_word, exact, language, short

DECIMAL = re.compile(r"[.,](\d{1,2})(?=[^\d.,]|$)")
LINES = 4  # horizontal lines above the lowest
WORDS_AT_MOST = 3  # gaps that carry their words


@dataclass(frozen=True)
class Chart:
    """All that `ui.figure` needs."""

    id: str
    title: str
    note: str
    figure: dict[str, Any]
    heads: list[str]
    rows: list[list[Any]]
    alt: str


def day_label(day: int, year: bool = False) -> str:
    """23 Nov, 23 Nov 2026."""
    return format_date(day_from(day), "d MMM y" if year else "d MMM", locale=language())


def period(first: int, last: int) -> str:
    """25 Oct to 23 Nov 2026; both years where they differ."""
    return span(first, last, year=True)


def span(first: int, last: int, year: bool = False) -> str:
    """8 to 9 Nov, 25 Oct to 23 Nov; with the year at its end, or twice where they differ."""
    begin, end = day_from(first), day_from(last)
    if (begin.year, begin.month) == (end.year, end.month):
        head = str(begin.day)
    else:
        head = day_label(first, year=year and begin.year != end.year)
    return _("%(first)s to %(last)s", first=head, last=day_label(last, year))


def chart(
    id: str,
    title: str,
    note: str,
    unit: str,
    found: Series,
    *,
    from_zero: bool,
    compared: str = "",
    marks: Sequence[tuple[int, str]] = (),
) -> Chart:
    """A line over days. `unit` names what is counted, `compared` heads the period before."""
    before = found.before if compared else []
    return Chart(
        id,
        title,
        note,
        figure(found, before, unit, from_zero, marks),
        [_("Day"), unit, *([compared] if before else [])],
        table(found, before),
        describe(unit, found),
    )


def figure(
    found: Series,
    before: Sequence[float | None],
    unit: str,
    from_zero: bool,
    marks: Sequence[tuple[int, str]],
) -> dict[str, Any]:
    days = [iso(day) for day in range(found.first, found.last + 1)]
    part = {"series": 1} | ({"part": "area"} if from_zero else {})
    traces: list[Any] = [line(days, found.values, unit, part)]
    if any(value is not None for value in before):
        traces.insert(0, line(days, before, _("before"), {"part": "comparison"}))
    if found.known:
        at = last_known(found)
        end = {"part": "end_dot", "series": 1}
        traces.append(
            go.Scatter(x=days[at : at + 1], y=[found.values[at]], mode="markers", meta=end,
                       hoverinfo="skip")
        )  # fmt: skip
    ticks = axis([*found.known, *(value for value in before if value is not None)], from_zero)
    widest = max(len(word) for word in ticks["ticktext"])
    layout = go.Layout(
        margin={"l": max(44, 16 + 7 * widest)},
        xaxis={"range": [days[0], days[-1]]} if len(days) > 1 else {},
        yaxis=ticks,
        shapes=[*gap_shapes(found), *mark_shapes(marks)],
        annotations=[*end_labels(found, before), *gap_words(found), *mark_words(marks)],
    )
    return {
        "data": [trace.to_plotly_json() for trace in traces],
        "layout": layout.to_plotly_json(),
    }


def line(days: list[str], values: Sequence[float | None], name: str, meta: dict[str, Any]) -> Any:
    mode = "lines" if sum(value is not None for value in values) > 1 else "lines+markers"
    return go.Scatter(x=days, y=list(values), name=name, mode=mode, meta=meta)


def last_known(found: Series) -> int:
    return max(n for n, value in enumerate(found.values) if value is not None)


def iso(day: int) -> str:
    return day_from(day).isoformat()


def axis(values: Sequence[float], from_zero: bool) -> dict[str, Any]:
    """Lines at round numbers, written like every other number of the page."""
    ticks = round_steps(min(values, default=0), max(values, default=0), from_zero)
    return {
        "tickvals": ticks,
        "ticktext": tick_words(ticks),
        "range": [ticks[0], ticks[-1]],
    }


def tick_words(ticks: Sequence[float]) -> list[str]:
    """4M, 2.5M: written alike, without noughts that all of them share."""
    words = [short(tick) for tick in ticks]
    if len(set(words)) < len(words):
        return [exact(tick) for tick in ticks]
    while True:
        decimal = [word for word in words if DECIMAL.search(word)]
        if not decimal or any(DECIMAL.search(word)[1][-1] != "0" for word in decimal):  # type: ignore[index]
            return words
        words = [DECIMAL.sub(shorten, word) for word in words]


def shorten(found: re.Match[str]) -> str:
    kept = found[0][:-1]
    return "" if len(kept) == 1 else kept


def round_steps(low: float, high: float, from_zero: bool) -> list[float]:
    """About four equal steps of 1, 2, 2.5 or 5 × 10ⁿ around the values."""
    low = min(0, low) if from_zero else low
    if high <= low:
        high = low + max(1, abs(low) * 0.01)
    raw = (high - low) / LINES
    size = 10 ** floor(log10(raw))
    steps = (1, 2, 2.5, 5, 10) if size >= 10 else (1, 2, 5, 10)
    step = max(1, next(size * n for n in steps if size * n >= raw * 0.999))
    first = floor(low / step)
    return [step * n for n in range(first, max(first + 1, ceil(high / step)) + 1)]


def gap_shapes(found: Series) -> list[dict[str, Any]]:
    """A band from the last known day to the next."""
    return [
        {
            "name": "gap",
            "x0": iso(max(first - 1, found.first)),
            "x1": iso(min(last + 1, found.last)),
        }
        for first, last in found.gaps
    ]


def gap_words(found: Series) -> list[dict[str, Any]]:
    longest = sorted(found.gaps, key=lambda gap: gap[0] - gap[1])[:WORDS_AT_MOST]
    return [
        {"name": "gap_word", "x": iso((first + last) // 2), "text": _("no data")}
        for first, last in longest
    ]


def mark_shapes(marks: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"name": "mark", "x0": iso(day), "x1": iso(day)} for day, _word in marks]


def mark_words(marks: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    return [{"name": "mark_word", "x": iso(day), "text": word} for day, word in marks]


def end_labels(found: Series, before: Sequence[float | None]) -> list[dict[str, Any]]:
    """The last value at the line's end; "before" only where it does not lie upon it."""
    if not found.known:
        return []
    end = found.known[-1]
    labels = [{"name": "end_label:1", "y": end, "text": short(end)}]
    other = [value for value in before if value is not None]
    if other and before[-1] is not None:
        height = max([*found.known, *other]) or 1
        if abs(other[-1] - end) > height * 0.09:
            labels.append({"name": "end_label", "y": other[-1], "text": _("before")})
    return labels


def table(found: Series, before: Sequence[float | None]) -> list[list[Any]]:
    """Newest day first."""
    rows = [
        [day_word(day_from(day)), value, *([before[n]] if before else [])]
        for n, (day, value) in enumerate(enumerate(found.values, found.first))
    ]
    return rows[::-1]


def describe(unit: str, found: Series) -> str:
    """What somebody who cannot see the chart has to know."""
    head = _("Line chart: %(unit)s, %(period)s.", unit=unit, period=period(found.first, found.last))
    if not found.known:
        return head + " " + _("No data.")
    text = _(
        "Between %(low)s and %(high)s, at the end %(last)s.",
        low=exact(min(found.known)),
        high=exact(max(found.known)),
        last=exact(found.known[-1]),
    )
    return " ".join([head, text, gaps_in_words(found)]).strip()


def gaps_in_words(found: Series) -> str:
    missing = sum(last - first + 1 for first, last in found.gaps)
    if not missing:
        return ""
    return _("No data on %(days)s.", days=stretches(found.gaps))


def stretches(gaps: Sequence[tuple[int, int]], most: int = 4) -> str:
    """8 to 9 Nov, 15 Nov and 3 more: stretches of days in words."""
    words = [
        day_label(first) if first == last else span(first, last) for first, last in gaps[:most]
    ]
    rest = len(gaps) - most
    if rest > 0:
        words.append(_("%(count)s more", count=rest))
    return ", ".join(words)

"""The overview: which stores are fresh, why the others are not, what the network did."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from hub.analytics import figures, titles
from hub.analytics.figures import Chart, period
from hub.analytics.numbers import (
    WEEK,
    Series,
    last_runs,
    network_changes,
    network_days,
    series,
    since_known,
    total,
    week_curves,
)
from hub.stores.lines import Line
from hub.stores.states import LATE, DueDays, due_days
from hub.sync.causes import PIC, RETRY, Cause
from hub.sync.progress import describe, usual_seconds
from hub.text import _, ngettext

MONTH = 30
MOVERS = 4
FEW = 140  # views of a week: 20 a day; below it a percentage says nothing
NAMES = 2
MARKS, APART = 3, 6  # words over a chart, and the days between them
METRICS = ("views", "followers", "videos")
COLUMNS = {"views": "views_gained", "followers": "followers", "videos": "video_count"}


@dataclass(frozen=True)
class Group:
    """All stores with one trouble: a row of the overview's table."""

    word: str
    cause: Cause
    lines: list[Line]

    @property
    def size(self) -> int:
        return len(self.lines)

    @property
    def who(self) -> str:
        """Names of the PICs, as many as fit, or the role that acts."""
        if self.cause.actor != PIC:
            return str(self.cause.who)
        names = list(dict.fromkeys(line.row.pic_name for line in self.lines))
        shown = ", ".join(names[:NAMES])
        rest = len(names) - NAMES
        return _("%(names)s, %(count)s more", names=shown, count=rest) if rest > 0 else shown


@dataclass(frozen=True)
class Stat:
    """A number of the network with the week before and its small curve."""

    now: float | None
    change: float | None
    before: float | None
    curve: list[float | None]


@dataclass(frozen=True)
class Ended:
    """A run that has ended, as the panel shows it."""

    id: int
    job: str
    outcome: str
    started: datetime
    took: timedelta
    usual: float | None  # seconds: the median of the last thirty
    total: int
    successful: int
    failed: int
    skipped: int


@dataclass(frozen=True)
class Mover:
    line: Line
    change: float
    curve: list[float | None]


def groups_of(lines: list[Line]) -> list[Group]:
    """Troubles in the order of the lines (worst first)."""
    by_word: dict[str, list[Line]] = {}
    for line in lines:
        if line.row.trouble:
            by_word.setdefault(line.row.trouble, []).append(line)
    return [Group(word, found[0].trouble, found) for word, found in by_word.items()
            if found[0].trouble]  # fmt: skip


def count_states(lines: list[Line]) -> dict[str, int]:
    return Counter(line.row.state for line in lines)


def last_day(days: dict[int, Row[Any]], due: int) -> int:
    """The newest day to show: the one that is due, or a newer one that was read early."""
    return max([due, *days])


def network_stats(lines: list[Line], days: dict[int, Row[Any]], last: int) -> dict[str, Stat]:
    """Followers, views, new videos and engagement, each like for like with the week before."""
    changes = network_changes(last - 2 * WEEK + 1, last)
    followers = [getattr(changes.get(day), "followers", None) for day in fortnight(last)]
    videos = [getattr(changes.get(day), "videos", None) for day in fortnight(last)]
    weeks = [(line.row.views_w, line.row.views_pw) for line in lines if is_whole(line)]
    views, views_before = total([now for now, _ in weeks]), total([then for _, then in weeks])
    whole = total([line.row.followers for line in lines])
    shares = [share_of(days.get(day)) for day in fortnight(last)]
    new, new_before = total(videos[WEEK:]), total(videos[:WEEK])
    return {
        "followers": Stat(whole, total(followers[WEEK:]), None, climb(whole, followers)),
        "views": Stat(
            views,
            difference(views, views_before),
            views_before,
            [getattr(days.get(day), "views_gained", None) for day in fortnight(last)],
        ),
        "videos": Stat(new, difference(new, new_before), new_before, videos),
        "engagement": Stat(shares[-1], None, shares[WEEK - 1], shares),
    }


def fortnight(last: int) -> range:
    return range(last - 2 * WEEK + 1, last + 1)


def is_whole(line: Line) -> bool:
    """Whether both of a store's weeks are known and are the newest ones."""
    row = line.row
    return line.views_are_new and row.views_w is not None and row.views_pw is not None


def difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def climb(end: float | None, steps: list[float | None]) -> list[float | None]:
    """The level day by day, backwards from its end, by steps that are like for like."""
    if end is None or total(steps) is None:
        return []
    level, found = end, [end]
    for step in reversed(steps[1:]):
        level -= step or 0
        found.append(level)
    return list(reversed(found))


def share_of(row: Any) -> float | None:
    """Likes, comments and shares of each view; sums over sums."""
    if row is None or not row.total_views:
        return None
    acts = (row.total_likes or 0) + (row.total_comments or 0) + (row.total_shares or 0)
    return float(acts / row.total_views)


def movers(lines: list[Line], last: int) -> tuple[list[Mover], list[Mover]]:
    """Rising and falling: views of 7 days against the 7 before, fresh stores with enough views."""
    rated = sorted(
        (
            (line.views_change or 0.0, line)
            for line in lines
            if is_whole(line) and min(line.row.views_w, line.row.views_pw) >= FEW
        ),
        key=lambda pair: -pair[0],
    )
    up = [pair for pair in rated if pair[0] > 0][:MOVERS]
    down = [pair for pair in reversed(rated) if pair[0] < 0][:MOVERS]
    curves = week_curves([line.row.id for _, line in up + down], last) if up or down else {}

    def show(pairs: list[tuple[float, Line]]) -> list[Mover]:
        return [Mover(line, change, curves[line.row.id]) for change, line in pairs]

    return show(up), show(down)


def network_chart(days: dict[int, Row[Any]], metric: str, last: int) -> Chart:
    """The chart of the overview: views a day, or the level of followers or videos."""
    found = series(days, COLUMNS[metric], last, MONTH)
    if not any(value is not None for value in found.before):
        found = since_known(found)
    note = _("%(period)s, all stores", period=period(found.first, found.last))
    if metric == "views":
        compared = any(value is not None for value in found.before)
        return figures.chart(
            "h-trend", titles.views(found), note + dashed(compared), _("Views a day"), found,
            from_zero=True, compared=_("30 days before") if compared else "",
        )  # fmt: skip
    stores = max((days[day].stores for day in days if day == found.last), default=0)
    unit = {"followers": _("Followers"), "videos": _("Videos")}[metric]
    return figures.chart(
        "h-trend", titles.level(unit, found, stores), note, unit, found,
        from_zero=False, marks=stores_marks(days, found),
    )  # fmt: skip


def dashed(compared: bool) -> str:
    return _("; dashed: the 30 days before") if compared else ""


def stores_marks(days: dict[int, Row[Any]], found: Series) -> list[tuple[int, str]]:
    """Days on which the number of stores behind a level changed: the line jumps there."""
    steps = [
        (day, days[day].stores - days[day - 1].stores)
        for day in range(found.first + 1, found.last + 1)
        if day in days and day - 1 in days and days[day].stores != days[day - 1].stores
    ]
    shown: list[tuple[int, int]] = []
    for day, step in sorted(steps, key=lambda pair: -abs(pair[1])):
        if all(abs(day - other) >= APART for other, _step in shown):
            shown.append((day, step))
    return [
        (day, ngettext("%(count)s store", "%(count)s stores", abs(step), count=sign(step)))
        for day, step in sorted(shown[:MARKS])
    ]


def sign(step: int) -> str:
    return f"{'+' if step > 0 else chr(0x2212)}{abs(step)}"


def ended_runs() -> list[Ended]:
    """The newest ended run of each job, in the order they ran."""
    rows = last_runs()
    return [
        Ended(
            row.id,
            row.job,
            "failed" if row.state == "failed" else str(found["outcome"] or "partial"),
            row.started_at or row.created_at,
            row.finished_at - (row.started_at or row.created_at),
            usual_seconds(row.job),
            row.total,
            found["successful"],
            found["failed"],
            found["skipped"],
        )
        for row, found in zip(rows, describe(rows), strict=True)
    ]


def overview(lines: list[Line], metric: str) -> dict[str, Any]:
    """Everything of the page but the runs. Four queries, whatever the number of stores."""
    due: DueDays = due_days()
    newest = max(due.user, due.video)
    days = network_days(newest - 2 * MONTH, newest + 1)
    last = last_day(days, due.video)
    rising, falling = movers(lines, last)
    return {
        "states": count_states(lines),
        "late": sum(line.row.state == LATE and line.helps == RETRY for line in lines),
        "groups": groups_of(lines),
        "stats": network_stats(lines, days, last),
        "weeks": (
            figures.period(last - WEEK + 1, last),
            figures.span(last - 2 * WEEK + 1, last - WEEK),
        ),
        "whole": sum(is_whole(line) for line in lines),
        "chart": network_chart(days, metric, last),
        "rising": rising,
        "falling": falling,
        "day": days.get(last),
        "last": last,
    }  # fmt: skip

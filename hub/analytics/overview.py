"""The overview: which stores are fresh, why the others are not, what the network did."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from hub.analytics import figures
from hub.analytics.figures import Chart, day_label, period
from hub.analytics.numbers import (
    WEEK,
    Row,
    Series,
    network_changes,
    network_days,
    series,
    since_known,
    total,
    week_curves,
)
from hub.stores.lines import Line
from hub.stores.states import DueDays, due_days
from hub.sync.causes import PIC, Cause
from hub.text import _, ngettext, percent, short

MONTH = 30
MOVERS = 4
FEW = 140  # views of a week: 20 a day; below it a percentage says nothing
NAMES = 2
METRICS = ("views", "followers", "videos")
COLUMNS = {"views": "views_gained", "followers": "followers", "videos": "video_count"}


@dataclass(frozen=True)
class Group:
    """All stores with one trouble: a row of the overview's table."""

    word: str
    cause: Cause
    lines: list[Line]

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
            "h-trend", views_title(found), note + dashed(compared), _("Views a day"), found,
            from_zero=True, compared=_("30 days before") if compared else "",
        )  # fmt: skip
    unit = {"followers": _("Followers"), "videos": _("Videos")}[metric]
    return figures.chart(
        "h-trend", level_title(unit, found, days), note, unit, found,
        from_zero=False, marks=stores_marks(days, found),
    )  # fmt: skip


def dashed(compared: bool) -> str:
    return _("; dashed: the 30 days before") if compared else ""


def views_title(found: Series) -> str:
    """Views a day: 2.1M on average, 8% more than the 30 days before."""
    known, other = found.known, [value for value in found.before if value is not None]
    if not known:
        return _("Views a day: no data yet")
    mean = sum(known) / len(known)
    if len(other) < len(found.values) // 2:
        return _("Views a day: %(mean)s on average", mean=short(round(mean)))
    change = mean / (sum(other) / len(other)) - 1 if sum(other) else 0
    words = {"mean": short(round(mean)), "share": percent(abs(change), 0)}
    if abs(change) < 0.005:
        return _("Views a day: %(mean)s on average, as in the 30 days before", **words)
    if change > 0:
        return _("Views a day: %(mean)s on average, %(share)s more than before", **words)
    return _("Views a day: %(mean)s on average, %(share)s fewer than before", **words)


def level_title(unit: str, found: Series, days: dict[int, Row[Any]]) -> str:
    if not found.known:
        return _("%(unit)s: no data yet", unit=unit)
    newest = max(day for day in days if day <= found.last)
    return ngettext(
        "%(unit)s: %(level)s in %(num)s store",
        "%(unit)s: %(level)s in %(num)s stores",
        days[newest].stores, unit=unit, level=short(found.known[-1]),
    )  # fmt: skip


def stores_marks(days: dict[int, Row[Any]], found: Series) -> list[tuple[int, str]]:
    """Days on which the number of stores behind a level changed: the line jumps there."""
    marks = []
    for day in range(found.first + 1, found.last + 1):
        if day in days and day - 1 in days and (step := days[day].stores - days[day - 1].stores):
            word = ngettext("%(count)s store", "%(count)s stores", abs(step), count=sign(step))
            marks.append((day, word))
    return sorted(marks[-3:])


def sign(step: int) -> str:
    return f"{'+' if step > 0 else chr(0x2212)}{abs(step)}"


def overview(lines: list[Line], metric: str) -> dict[str, Any]:
    """Everything of the page but the runs. Four queries, whatever the number of stores."""
    due: DueDays = due_days()
    newest = max(due.user, due.video)
    days = network_days(newest - 2 * MONTH, newest + 1)
    last = last_day(days, due.video)
    rising, falling = movers(lines, last)
    return {
        "states": count_states(lines),
        "groups": groups_of(lines),
        "stats": network_stats(lines, days, last),
        "weeks": (
            figures.period(last - WEEK + 1, last),
            _("%(first)s to %(last)s", first=day_label(last - 2 * WEEK + 1),
              last=day_label(last - WEEK)),
        ),
        "whole": sum(is_whole(line) for line in lines),
        "chart": network_chart(days, metric, last),
        "rising": rising,
        "falling": falling,
        "day": days.get(last),
        "last": last,
    }  # fmt: skip

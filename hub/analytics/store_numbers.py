"""The numbers of one store over a period: its strip of numbers and its four charts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from hub.analytics import figures, titles
from hub.analytics.figures import Chart, period
from hub.analytics.numbers import WEEK, series, since_known, store_days
from hub.analytics.overview import difference, share_of
from hub.stores.lines import Line
from hub.text import _, ngettext

RANGES = (7, 30, 90, 365)
COMPARED_TO = 90  # longer periods are not laid over the one before
LEVELS = {"followers": "followers", "videos": "video_count", "likes": "likes"}


@dataclass(frozen=True)
class StoreNumbers:
    """`period` and `dashed` are the line above the charts."""

    period: str
    dashed: str
    charts: list[Chart]
    likes_change: float | None
    videos_change: float | None
    engagement: float | None


def store_numbers(line: Line, length: int) -> StoreNumbers:
    """Everything of a period; one query."""
    row, due = line.row, line.due
    last = max(due.video, due.user, row.user_day or 0, row.video_day or 0)
    reach = length * (2 if length <= COMPARED_TO else 1)
    days = store_days(row.id, last - max(reach, WEEK + 1), last)
    compared = length <= COMPARED_TO and any(day <= last - length for day in days)
    return StoreNumbers(
        period(last - length + 1, last),
        dashed(length) if compared else "",
        [
            level_chart(days, "followers", last, length),
            views_chart(days, last, length, compared),
            level_chart(days, "videos", last, length),
            level_chart(days, "likes", last, length),
        ],
        week_change(days, "likes", row.user_day),
        week_change(days, "video_count", row.user_day),
        share_of(row),
    )


def dashed(length: int) -> str:
    return ngettext("dashed: the %(num)s day before", "dashed: the %(num)s days before", length)


def week_change(days: dict[int, Row[Any]], column: str, last: int | None) -> float | None:
    """The newest value less that of 7 days earlier; None where a day is missing."""
    if last is None:
        return None
    return difference(*(getattr(days.get(day), column, None) for day in (last, last - WEEK)))


def views_chart(days: dict[int, Row[Any]], last: int, length: int, compared: bool) -> Chart:
    found = series(days, "views_gained", last, length)
    found = found if compared else since_known(found)
    return figures.chart(
        "h-views", titles.views(found), own_period(found.first, last, length), _("Views a day"),
        found, from_zero=True, compared=_("The period before") if compared else "",
    )  # fmt: skip


def level_chart(days: dict[int, Row[Any]], name: str, last: int, length: int) -> Chart:
    unit = {"followers": _("Followers"), "videos": _("Videos"), "likes": _("Likes")}[name]
    found = since_known(series(days, LEVELS[name], last, length))
    return figures.chart(
        f"h-{name}", titles.change(unit, found), own_period(found.first, last, length), unit,
        found, from_zero=False,
    )  # fmt: skip


def own_period(first: int, last: int, length: int) -> str:
    """Said at a chart only where its numbers begin later than the page's period."""
    return "" if first == last - length + 1 else period(first, last)

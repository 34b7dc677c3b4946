"""Titles of charts: each says what is seen."""

from hub.analytics.numbers import Series
from hub.text import _, exact, ngettext, percent, short


def views(found: Series) -> str:
    """Views a day: 2.1M on average, 8% more than before."""
    known, other = found.known, [value for value in found.before if value is not None]
    if not known:
        return _("Views a day: no data yet")
    mean = sum(known) / len(known)
    if len(other) < len(found.values) // 2 or not sum(other):
        return _("Views a day: %(mean)s on average", mean=short(round(mean)))
    change = mean / (sum(other) / len(other)) - 1
    words = {"mean": short(round(mean)), "share": percent(abs(change), 0)}
    if abs(change) < 0.005:
        return _("Views a day: %(mean)s on average, as many as before", **words)
    if change > 0:
        return _("Views a day: %(mean)s on average, up %(share)s", **words)
    return _("Views a day: %(mean)s on average, down %(share)s", **words)


def level(unit: str, found: Series, stores: int) -> str:
    """Followers: 4.82M in 293 stores."""
    if not found.known:
        return _("%(unit)s: no data yet", unit=unit)
    end = short(found.known[-1])
    if not stores:
        return _("%(unit)s: %(level)s", unit=unit, level=end)
    return ngettext(
        "%(unit)s: %(level)s in %(num)s store",
        "%(unit)s: %(level)s in %(num)s stores",
        stores, unit=unit, level=end,
    )  # fmt: skip


def change(unit: str, found: Series) -> str:
    """Followers: 14,200 more; from the first known day to the last."""
    known = found.known
    if len(known) < 2:
        return level(unit, found, 0)
    step = known[-1] - known[0]
    words = {"unit": unit, "count": short(abs(step)) if abs(step) >= 100_000 else exact(abs(step))}
    if not step:
        return _("%(unit)s: %(level)s, unchanged", unit=unit, level=short(known[-1]))
    if step > 0:
        return _("%(unit)s grew by %(count)s", **words)
    return _("%(unit)s fell by %(count)s", **words)

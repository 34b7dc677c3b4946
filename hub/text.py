"""How numbers, times and small curves are written for people, in both languages.

Registered as Jinja filters by `hub.web`. Numbers and times follow `design/LANGUAGE.md` §5:
"412.3K" / "412,3 rb", "today 10:11 WIB" / "hari ini 10.11 WIB", minus is U+2212, and what is
not known is said ("no data"), never shown as 0.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import flask_babel
from babel.dates import format_date
from flask_babel import get_locale, get_timezone

from hub import clock

# the typed doors to Flask-Babel: everybody imports them from here
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext
lazy_gettext: Callable[..., Any] = flask_babel.lazy_gettext

MINUS = "\u2212"
INDONESIAN = str.maketrans(",.", ".,")
LANGUAGES = {"en": "English", "id": "Bahasa Indonesia"}
# first value of each step, divisor, words; under 10,000 a number is written in full
SCALE = ((10**9, {"en": "B", "id": " M"}), (10**6, {"en": "M", "id": " jt"}))
THOUSAND = {"en": "K", "id": " rb"}


class State(NamedTuple):
    """A state as people see it: drawing, tone of colour and the word."""

    icon: str
    tone: str
    word: Any


STATES = {
    "fresh": State("ok", "ok", lazy_gettext("Fresh")),
    "late": State("clock", "warn", lazy_gettext("Late")),
    "stopped": State("bad", "bad", lazy_gettext("Stopped")),
    "never": State("never", "idle", lazy_gettext("Never connected")),
    "connected": State("ok", "ok", lazy_gettext("Connected")),
    "expiring": State("warn", "warn", lazy_gettext("Access ends soon")),
    "queued": State("clock", "idle", lazy_gettext("Waiting")),
    "running": State("run", "run", lazy_gettext("Running")),
    "retrying": State("sync", "warn", lazy_gettext("Trying again")),
    "cancelling": State("run", "run", lazy_gettext("Cancelling")),
    "done": State("ok", "ok", lazy_gettext("Done")),
    "partial": State("warn", "warn", lazy_gettext("Done, some failed")),
    "failed": State("bad", "bad", lazy_gettext("Failed")),
    "cancelled": State("close", "idle", lazy_gettext("Cancelled")),
    "skipped": State("pause", "idle", lazy_gettext("Skipped")),
    "active": State("ok", "ok", lazy_gettext("Active")),
    "disabled": State("pause", "idle", lazy_gettext("Switched off")),
    "missing": State("never", "idle", lazy_gettext("Not found")),
}


def language() -> str:
    """`en` or `id`: the language of this answer."""
    return str(getattr(get_locale(), "language", None) or "en")


def decimal(value: float, digits: int | None = None) -> str:
    """1,204.5 / 1.204,5 with U+2212: exactly `digits` decimals, or at most two."""
    if digits is None:
        text = f"{value:,.2f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"
    else:
        text = f"{value:,.{digits}f}"
    text = text.replace("-", MINUS)
    return text.translate(INDONESIAN) if language() == "id" else text


def exact(value: float | None) -> str:
    """All digits: 412,300 / 412.300; what is not known: "no data"."""
    return _("no data") if value is None else decimal(value)


def short(value: float | None) -> str:
    """At most four figures: 8,940 · 412.3K · 1.84M · 31.6M; 8.940 · 412,3 rb · 1,84 jt."""
    if value is None:
        return _("no data")
    size = abs(value)
    for step, words in SCALE:
        if size >= step * 0.99995:
            return decimal(value / step, 2 if size < step * 9.995 else 1) + words[language()]
    if size >= 10_000:
        return decimal(value / 1000, 1) + THOUSAND[language()]
    return decimal(value)


def percent(value: float | None, digits: int = 1) -> str:
    """A share of 1 as 5.1% / 5,1%."""
    if value is None:
        return _("no data")
    return decimal(round(value * 100, digits)) + "%"


def signed(value: float | None, share: bool = False) -> str:
    """A change with its sign: +4,500 · −2.1M · ±0; `share`: of 1, as +170%."""
    if value is None:
        return _("no data")
    text = percent(abs(value), 0 if abs(value) >= 0.1 else 1) if share else short(abs(value))
    if text.strip("0%,.") == "":
        return "±" + text
    return ("+" if value > 0 else MINUS) + text


def local(moment: datetime) -> datetime:
    """The moment in the reader's zone; a naive one is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(get_timezone())


def zone_word(moment: datetime) -> str:
    """WIB, WITA, WIT, CET; where a zone has no letters, UTC+4."""
    word = local(moment).tzname() or "UTC"
    return word if word[:1].isalpha() else f"UTC{word.replace('-', MINUS).replace('+0', '+')}"


def zone_note() -> str:
    """WIB (UTC+7): the zone of all times on a page."""
    moment = local(clock.now())
    hours = (moment.utcoffset() or timedelta()).total_seconds() / 3600
    offset = f"UTC{'+' if hours >= 0 else MINUS}{decimal(abs(hours))}"
    word = zone_word(moment)
    return word if word.startswith("UTC") else f"{word} ({offset})"


def day_word(day: date, year: bool | None = None) -> str:
    """Mon 23 Nov, with the year if it is not this one (or `year` is True)."""
    this = local(clock.now()).year
    with_year = day.year != this if year is None else year
    return format_date(day, "EEE d MMM y" if with_year else "EEE d MMM", locale=language())


def day(value: date | datetime | None, year: bool | None = None) -> str:
    """today · yesterday · tomorrow · Mon 23 Nov; with `year` always Mon 23 Nov 2026."""
    if value is None:
        return _("no data")
    if isinstance(value, datetime):
        value = local(value).date()
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    distance = (value - local(clock.now()).date()).days
    return near[distance] if distance in near and year is None else day_word(value, year)


def hour(moment: datetime | None, seconds: bool = False) -> str:
    """10:11 / 10.11 in the reader's zone, with seconds on request."""
    if moment is None:
        return _("no data")
    text = local(moment).strftime("%H:%M:%S" if seconds else "%H:%M")
    return text.replace(":", ".") if language() == "id" else text


def when(moment: datetime | None, year: bool | None = None) -> str:
    """today 10:11 WIB · yesterday 17:00 WIB · Mon 23 Nov 17:00 WIB."""
    if moment is None:
        return _("never")
    return f"{day(moment, year)} {hour(moment)} {zone_word(moment)}"


def ago(moment: datetime | None) -> str:
    """just now · 3 min ago · 2 h ago · 4 days ago; for a moment to come: in 3 min."""
    if moment is None:
        return _("never")
    seconds = (clock.now() - local(moment)).total_seconds()
    size = abs(seconds)
    if size < 45:
        return _("just now")
    span = duration(max(60, size), rough=True)
    return _("%(span)s ago", span=span) if seconds > 0 else _("in %(span)s", span=span)


def duration(seconds: float | timedelta | None, rough: bool = False) -> str:
    """840 ms · 0.6 s · 58 s · 1 min 48 s · 2 h 5 min · 3 days; `rough`: the largest part."""
    if seconds is None:
        return _("no data")
    value = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    if value < 0.1:
        return _("%(count)s ms", count=decimal(round(value * 1000)))
    if value < 10:
        return _("%(count)s s", count=decimal(round(value, 1)))
    whole = round(value)
    for size, smaller in ((86_400, 3600), (3600, 60), (60, 1), (1, 0)):
        if whole >= size:
            first, rest = divmod(whole, size)
            part = rest // smaller if smaller and not rough and size < 86_400 else 0
            return part_word(first, size) + (f" {part_word(part, smaller)}" if part else "")
    return part_word(0, 1)


def part_word(count: int, size: int) -> str:
    if size == 86_400:
        return ngettext("%(num)s day", "%(num)s days", count)
    if size == 3600:
        return _("%(count)s h", count=count)
    return _("%(count)s min", count=count) if size == 60 else _("%(count)s s", count=count)


def curve(values: Sequence[float | None], width: float = 100, height: float = 28) -> str:
    """SVG path of a small line over equal steps; `None` breaks the line (a gap stays a gap).

    2 to 4 units are left free above and below, so that a 1.5 px stroke is never cut.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), (max(known) - min(known)) or 1
    step, path, pen = width / max(1, len(values) - 1), [], "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        path.append(
            f"{pen}{place * step:.1f} {height - 2 - (value - low) / span * (height - 6):.1f}"
        )
        pen = "L"
    return "".join(path)


FILTERS = {
    "short": short, "exact": exact, "percent": percent, "signed": signed, "when": when, "day": day,
    "hour": hour, "ago": ago, "duration": duration, "curve": curve,
}  # fmt: skip

"""Numbers, times and curves as people read them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale

from hub import text
from hub.language import init_language
from tests.browser.gallery import ROOT

NOW = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)  # 10:11 in Jakarta


@pytest.fixture(autouse=True)
def in_jakarta() -> Iterator[None]:
    app = Flask(__name__)
    app.extensions["settings"] = SimpleNamespace(tz="Asia/Jakarta", secure=False)
    init_language(app, ROOT / "translations")
    with time_machine.travel(NOW, tick=False), app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("value", "english", "indonesian"),
    [
        (0, "0", "0"),
        (8940, "8,940", "8.940"),
        (9999, "9,999", "9.999"),
        (12_600, "12.6K", "12,6 rb"),
        (412_300, "412.3K", "412,3 rb"),
        (999_949, "999.9K", "999,9 rb"),
        (999_960, "1.00M", "1,00 jt"),
        (1_842_300, "1.84M", "1,84 jt"),
        (31_604_880, "31.6M", "31,6 jt"),
        (2_500_000_000, "2.50B", "2,50 M"),
        (None, "no data", "tidak ada data"),
    ],
)
def test_it_writes_four_figures(value: int | None, english: str, indonesian: str) -> None:
    assert text.short(value) == english
    with force_locale("id"):
        assert text.short(value) == indonesian


def test_it_writes_a_change_with_its_sign() -> None:
    written = [text.signed(value) for value in (4500, -2_100_000, 0, None)]
    assert written == ["+4,500", "−2.10M", "±0", "no data"]


def test_it_writes_a_change_of_a_share() -> None:
    written = [text.signed(value, share=True) for value in (1.7, -0.041, -0.71, 0.0, -0.0002)]
    assert written == ["+170%", "−4.1%", "−71%", "±0%", "±0%"]


def test_it_writes_a_share() -> None:
    assert text.percent(0.0513) == "5.1%"
    with force_locale("id"):
        assert text.percent(0.0513) == "5,1%"


@pytest.mark.parametrize(
    ("before", "english", "indonesian"),
    [
        (timedelta(0), "today 10:11 WIB", "hari ini 10.11 WIB"),
        (timedelta(hours=12), "yesterday 22:11 WIB", "kemarin 22.11 WIB"),
        (timedelta(days=1), "yesterday 10:11 WIB", "kemarin 10.11 WIB"),
        (timedelta(days=-1), "tomorrow 10:11 WIB", "besok 10.11 WIB"),
        (timedelta(days=2), "Sun 22 Nov 10:11 WIB", "Min 22 Nov 10.11 WIB"),
        (timedelta(days=400), "Mon 20 Oct 2025 10:11 WIB", "Sen 20 Okt 2025 10.11 WIB"),
    ],
)
def test_it_writes_a_moment(before: timedelta, english: str, indonesian: str) -> None:
    assert text.when(NOW - before) == english
    with force_locale("id"):
        assert text.when(NOW - before) == indonesian


def test_it_writes_the_year_on_request() -> None:
    assert text.day(date(2026, 11, 24), year=True) == "Tue 24 Nov 2026"


def test_it_says_never_for_a_moment_that_is_not_known() -> None:
    assert text.when(None) == "never"
    assert text.day(None) == "no data"


def test_it_writes_how_long_ago() -> None:
    spans = (timedelta(seconds=20), timedelta(minutes=3), timedelta(hours=2), timedelta(days=4))
    assert [text.ago(NOW - span) for span in spans] == [
        "just now", "3 min ago", "2 h ago", "4 days ago",
    ]  # fmt: skip
    assert text.ago(NOW + timedelta(minutes=3)) == "in 3 min"


def test_it_writes_a_duration() -> None:
    seconds = (0.04, 0.6, 58, 108, 7500, 86_400, 259_200, None)
    assert [text.duration(value) for value in seconds] == [
        "40 ms", "0.6 s", "58 s", "1 min 48 s", "2 h 5 min", "1 day", "3 days", "no data",
    ]  # fmt: skip


def test_it_breaks_a_curve_where_a_number_is_missing() -> None:
    assert text.curve([1, 2, None, 2, 1]) == "M0.0 26.0L25.0 4.0M75.0 4.0L100.0 26.0"
    assert text.curve([None, 5, None]) == ""


def test_it_gives_every_state_a_drawing_that_exists() -> None:
    sprite = (ROOT / "static" / "img" / "icons.svg").read_text()
    assert [s for s in text.STATES.values() if f'symbol id="{s.icon}"' not in sprite] == []

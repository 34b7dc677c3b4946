"""GET /dashboard/sync/logs: filters, words in the reader's language, own stores only."""

from typing import Any

from sqlalchemy import insert

from hub.db import begin, db
from hub.sync import logs
from hub.sync.parts import Part
from hub.users.models import User
from tests.people import BUDI, OMAR, SARI, add_store
from tests.sync.made_runs import text_of

URL = "/dashboard/sync/logs"


def write(*lines: tuple[str, Part]) -> None:
    for code, _part in lines:
        add_store(code)
    db.session.commit()
    with begin() as connection:
        connection.execute(
            insert(logs.table), [logs.part_row(part, code, 7) for code, part in lines]
        )


def three() -> None:
    write(
        ("JKT001", Part("user", "success", logs.user_message(1200, 50))),
        ("JKT001", Part("video", "failed", "x", "timeout", "504 after 10 s")),
        ("BDG002", Part("refresh", "success", "Token refreshed successfully")),
    )


def test_it_tells_lines_in_words_newest_first(as_: Any) -> None:
    three()
    words = text_of(as_(OMAR).get(URL))
    assert "3 lines in the sync log" in words
    assert "1,200 followers, 50 videos in the account" in words
    assert "TikTok answered too slowly" in words
    assert "timeout: 504 after 10 s" in words
    assert words.index("Access renewed") < words.index("1,200 followers")


def test_it_filters_and_says_so_when_nothing_matches(as_: Any) -> None:
    three()
    omar = as_(OMAR)
    assert "1 line in the sync log" in text_of(omar.get(f"{URL}?status=FAILED"))
    assert "1 line in the sync log" in text_of(omar.get(f"{URL}?job=refresh_tokens"))
    assert "2 lines in the sync log" in text_of(omar.get(f"{URL}?q=toko+jkt"))
    assert "3 lines of run 7" in text_of(omar.get(f"{URL}?run=7"))
    assert "0 lines of run 8" in text_of(omar.get(f"{URL}?run=8"))
    nothing = text_of(omar.get(f"{URL}?q=nowhere&status=SKIPPED"))
    assert "No line matches" in nothing and "Asked: “nowhere”, Skipped" in nothing
    assert "3 lines" in text_of(omar.get(f"{URL}?status=bogus&job=bogus&run=bogus")), "ignored"


def test_htmx_gets_the_lines_alone(as_: Any) -> None:
    three()
    part = as_(OMAR).get(f"{URL}?status=FAILED", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<section id="lines"')
    assert "1 to 1 of 1 lines" in text_of(part)


def test_a_person_in_charge_reads_own_lines_only(as_: Any) -> None:
    sari, budi = as_(SARI), as_(BUDI)
    three()
    assert "2 lines" in text_of(sari.get(URL)) and "BDG002" not in sari.get(URL).text
    assert "1 line in" in text_of(budi.get(URL))
    assert "0 lines" in text_of(budi.get(f"{URL}?q=JKT"))
    assert "/dashboard/sync/runs/7" not in sari.get(URL).text, "that run is not hers to open"


def test_times_are_the_readers(as_: Any, clock: Any) -> None:
    three()
    omar = as_(OMAR)
    db.session.query(User).filter_by(email=OMAR.email).update({"timezone": "Asia/Jayapura"})
    assert "today 12:00 WIT" in text_of(omar.get(URL))

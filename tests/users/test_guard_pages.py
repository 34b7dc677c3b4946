"""Who may open a page: anonymous people go to the login, others need the role."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.access import access
from hub.users.models import BrowserSession
from tests.people import ANA, BUDI, MIRA, OMAR, SARI, add_person

PEOPLE = {"admin": ANA, "ops": OMAR, "store": SARI, "influencer": MIRA}


@pytest.fixture
def doors(app: Any) -> Any:
    """A page of every level, and one that somebody forgot to mark."""
    for level in ("user", "store", "ops", "admin"):
        view: Callable[[], str] = access(level)(lambda: "<p>in</p>")
        app.add_url_rule(f"/doors/{level}", f"door_{level}", view, methods=["GET", "POST"])
    app.add_url_rule("/doors/unmarked", "door_unmarked", lambda: "in")
    return app


@pytest.mark.parametrize(
    ("level", "may"),
    [
        ("user", {"admin", "ops", "store", "influencer"}),
        ("store", {"admin", "ops", "store"}),
        ("ops", {"admin", "ops"}),
        ("admin", {"admin"}),
    ],
)
def test_it_opens_by_role(doors: Any, as_: Any, level: str, may: set[str]) -> None:
    seen = {role: as_(who).get(f"/doors/{level}").status_code for role, who in PEOPLE.items()}
    assert seen == {role: 200 if role in may else 403 for role in PEOPLE}


def test_it_refuses_a_page_nobody_marked(doors: Any, as_: Any) -> None:
    assert as_(ANA).get("/doors/unmarked").status_code == 403


def test_it_sends_strangers_to_the_login_and_back(doors: Any, as_: Any) -> None:
    answer = as_(None).get("/doors/ops?q=batik&page=2")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/doors/ops%3Fq%3Dbatik%26page%3D2"


def test_it_tells_htmx_to_go_to_the_login(doors: Any, as_: Any) -> None:
    answer = as_(None).get("/doors/ops", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/login?next=/doors/ops"


def test_it_does_not_take_a_key_for_a_page(doors: Any, api: Any) -> None:
    assert api().get("/doors/admin").status_code == 303


def test_it_writes_nothing_while_it_reads(doors: Any, as_: Any, db: Any, clock: Any) -> None:
    browser = as_(ANA)
    before = db.session.scalar(select(BrowserSession.seen_at))
    browser.get("/doors/user")
    assert db.session.scalar(select(BrowserSession.seen_at)) == before


def test_it_notes_that_a_browser_is_in_use_after_the_answer(
    doors: Any, as_: Any, db: Any, clock: Any
) -> None:
    browser = as_(ANA)
    before = db.session.scalar(select(BrowserSession.seen_at))
    clock.shift(timedelta(minutes=6))
    answer = browser.get("/doors/user", buffered=False)
    assert db.session.scalar(select(BrowserSession.seen_at)) == before
    db.session.rollback()
    answer.close()
    seen = db.session.scalar(select(BrowserSession.seen_at))
    assert seen >= before + timedelta(minutes=6)


def test_it_ends_a_session_after_eight_idle_hours(doors: Any, as_: Any, clock: Any) -> None:
    browser = as_(ANA)
    clock.shift(timedelta(hours=7, minutes=50))
    assert browser.get("/doors/user").status_code == 200
    clock.shift(timedelta(hours=7, minutes=50))
    assert browser.get("/doors/user").status_code == 200
    clock.shift(timedelta(hours=8, minutes=1))
    assert browser.get("/doors/user").status_code == 303


def test_it_ends_a_session_after_seven_days_of_use(doors: Any, as_: Any, clock: Any) -> None:
    browser = as_(ANA)
    for _ in range(23):
        clock.shift(timedelta(hours=7))
        assert browser.get("/doors/user").status_code == 200
    clock.shift(timedelta(hours=7, minutes=1))
    assert browser.get("/doors/user").status_code == 303


def test_it_ends_at_once_when_the_account_is_switched_off(doors: Any, as_: Any, db: Any) -> None:
    browser = as_(BUDI)
    add_person(BUDI).active = False
    assert browser.get("/doors/user").status_code == 303


def test_it_takes_no_account_id_for_a_session(doors: Any, as_: Any) -> None:
    browser = as_(None)
    browser.keep(add_person(ANA).id)
    assert browser.get("/doors/user").status_code == 303


def test_it_keeps_pages_of_people_out_of_caches(as_: Any) -> None:
    assert as_(ANA).get("/account").headers["Cache-Control"] == "no-store"

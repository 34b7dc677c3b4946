"""GET /dashboard/sync: what runs now, what ran, when the next night is; for whom."""

from datetime import timedelta
from typing import Any

import pytest

from hub.clock import now
from hub.db import db
from hub.users.models import User
from tests.people import ANA, BUDI, MIRA, OMAR, SARI, add_person
from tests.stores.world import count_queries
from tests.sync.made_runs import add_run, text_of

URL = "/dashboard/sync"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"cron_enabled": True}


def test_it_says_that_nothing_has_run(as_: Any) -> None:
    page = as_(OMAR).get(URL)
    assert page.status_code == 200
    assert "No sync has run yet" in text_of(page)
    assert "hx-trigger" not in page.text


def test_its_title_is_how_far_the_live_run_is(as_: Any) -> None:
    add_run([("A", "done"), ("B", "failed"), ("C", "running"), ("D", "queued")], "running")
    page = as_(OMAR).get(URL)
    assert "Running: 2 of 4 stores" in text_of(page)
    assert 'hx-trigger="every 2s"' in page.text


def test_its_title_is_how_the_last_run_ended(as_: Any, clock: Any) -> None:
    add_run([("A", "done"), ("B", "failed")], outcome="partial")
    page = as_(OMAR).get(URL)
    assert "Last run ended today 10:00 WIB: 1 of 2 stores" in text_of(page)
    assert "Done, some failed" in text_of(page)
    assert "Ana Wibisono" not in text_of(page), "Ana has no account yet, so her address is shown"
    assert "by ana@hub.test" in text_of(page)


def test_it_names_people(as_: Any) -> None:
    add_person(ANA)
    add_run([("A", "done")])
    add_run([("A", "done")], trigger="schedule", actor="schedule")
    add_run([("A", "done")], trigger="api", actor="night script")
    words = text_of(as_(OMAR).get(URL))
    assert "by Ana Wibisono" in words
    assert "by the schedule" in words
    assert "by key night script" in words


def test_a_poll_gets_only_what_moves_and_the_last_one_no_trigger(as_: Any) -> None:
    run = add_run([("A", "done"), ("B", "queued")], "running")
    browser = as_(OMAR)
    page, part = browser.get(URL), browser.get(URL, headers=HTMX)
    assert "<html" not in part.text
    moving = text_of(part).split(" Running: ")[0]
    assert moving in text_of(page)
    assert 'hx-trigger="every 2s"' in part.text
    from hub.sync import runs

    runs.cancel(run, "x")
    last = browser.get(URL, headers=HTMX)
    assert "hx-trigger" not in last.text
    assert 'id="runs" ' in last.text, "the list learns of the run that has just ended"
    assert "Sync all stores" in text_of(last)


def test_no_start_is_offered_that_could_do_nothing(as_: Any) -> None:
    add_run([("A", "queued")], "running", job="user")
    page = as_(OMAR).get(URL)
    assert '<option value="video">' in page.text.replace(" selected", "")
    form = page.text[page.text.index('id="start"') : page.text.index('id="said"')]
    assert 'value="all"' not in form and 'value="user"' not in form


def test_the_schedule_is_told_in_the_readers_zone_and_in_that_of_the_service(
    as_: Any, clock: Any
) -> None:
    omar = as_(OMAR)
    db.session.query(User).filter_by(email=OMAR.email).update({"timezone": "Asia/Makassar"})
    words = text_of(omar.get(URL))
    assert "every day at 03:00" in words
    assert "Next tomorrow 04:00 WITA , 03:00 in Asia/Jakarta" in words.replace("WITA,", "WITA ,")


def test_it_says_that_calls_are_unknown_while_redis_is_away(as_: Any) -> None:
    words = text_of(as_(OMAR).get(URL))
    assert "video/list unknown" in words
    assert "Redis is away" in words


def test_it_counts_calls(redis: Any, as_: Any) -> None:
    assert "video/list 0 of 600" in text_of(as_(OMAR).get(URL))


def test_a_person_in_charge_sees_runs_of_own_stores_only(as_: Any) -> None:
    add_run([("JKT001", "done"), ("BDG002", "done")])
    sari = as_(SARI)
    as_(BUDI)
    mine = add_run([("JKT001", "done")], store_code="JKT001")
    words = text_of(sari.get(URL))
    assert f"Run {mine} ·" in words
    assert "1 to 1 of 1 runs" in words
    assert "Sync all stores" not in words
    assert "Calls to TikTok" not in words
    assert "No sync of your store alone yet" in text_of(as_(BUDI).get(URL))


def test_it_is_not_for_influencers_nor_strangers(as_: Any) -> None:
    assert as_(MIRA).get(URL).status_code == 403
    assert as_(None).get(URL).status_code == 303


@pytest.mark.parametrize("live", [0, 3])
def test_its_queries_do_not_grow_with_the_list(app: Any, as_: Any, live: int) -> None:
    omar, seen = as_(OMAR), count_queries(app)
    shops = [(f"S{n}", "done") for n in range(3)]
    for n in range(live):
        add_run([(f"L{n}", "queued")], "queued")
    add_run(shops)
    omar.get(URL)
    for n in range(12):
        add_run(shops, actor=f"person{n}@hub.test")
    if live:
        add_run([("L9", "queued")], "running", started_at=now() - timedelta(minutes=5))
    omar.get(URL)
    assert seen[0] == seen[1]
    assert seen[0] < 20

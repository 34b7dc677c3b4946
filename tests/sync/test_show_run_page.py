"""GET /dashboard/sync/runs/<id>: counts that add up, causes in words, time left, who may look."""

import re
from typing import Any

import pytest

from hub.clock import now
from tests.people import BUDI, OMAR, SARI, add_person
from tests.stores.world import count_queries
from tests.sync.made_runs import add_run, text_of

HTMX = {"HX-Request": "true"}
EXPIRED = {"cause": "access_expired", "message": "x", "detail": "400 invalid_grant: used"}
NO_VIDEOS = {"cause": "missing_scope", "user_state": "success", "video_state": "skipped"}


def show(as_: Any, run: int, query: str = "") -> Any:
    return as_(OMAR).get(f"/dashboard/sync/runs/{run}{query}")


def counts(words: str) -> dict[str, int]:
    """The numbers of the panel by their words."""
    panel = words[: words.index("Needs somebody")]
    kinds = ("Done", "Failed", "Skipped", "Trying again", "Working", "Waiting", "Cancelled")
    found = {}
    for kind in kinds:
        if match := re.search(rf"{kind} (\d+)(?= |$)", panel):
            found[kind] = int(match[1])
    return found


def test_its_counts_add_up(as_: Any) -> None:
    again = {"trying_again": True, "cause": "timeout"}
    states = [("A", "done"), ("B", "failed", EXPIRED), ("C", "skipped"), ("D", "running", again),
              ("E", "running"), ("F", "running"), ("G", "queued")]  # fmt: skip
    page = show(as_, add_run(states, "running"))
    assert counts(text_of(page)) == {
        "Done": 1, "Failed": 1, "Skipped": 1, "Trying again": 1, "Working": 2, "Waiting": 1,
    }  # fmt: skip
    assert '<progress class="bar bar-big" max="7" value="3"' in page.text


def test_it_tells_each_cause_who_acts_and_the_one_step(as_: Any) -> None:
    failed = [(f"X{n}", "failed", EXPIRED) for n in range(6)]
    run = add_run([*failed, ("N", "done", NO_VIDEOS), ("O", "skipped", {"cause": "not_connected"})],
                  outcome="partial")  # fmt: skip
    words = text_of(show(as_, run))
    assert "Access expired The PIC must allow access again. Trying again does not help." in words
    assert re.search(r"Toko X4 · 1 more .* 6 stores PIC acts Send 6 links", words)
    assert "400 invalid_grant: used" in words
    assert "Permission to list videos missing" in words
    assert "Not connected" in words
    assert "Retry 6 failed stores" in words


def test_a_store_that_is_tried_again_is_not_called_failed(as_: Any) -> None:
    again = {"trying_again": True, "cause": "timeout"}
    words = text_of(show(as_, add_run([("A", "running", again), ("B", "queued")], "running")))
    assert (
        "TikTok answered too slowly Hub tries again by itself. Not counted as failed yet." in words
    )
    assert "1 store nobody acts" in words
    assert "Retry" not in words


def test_a_cause_that_nobody_has_met_still_has_words(as_: Any) -> None:
    odd = {"cause": "sunspots", "detail": "flare"}
    words = text_of(show(as_, add_run([("A", "failed", odd)], outcome="failed")))
    assert "Failed for another reason" in words and "flare" in words


def test_time_left_is_told_from_five_per_cent_on(as_: Any, clock: Any) -> None:
    many = [(f"S{n:02d}", "queued") for n in range(38)]
    early = add_run([("A", "done"), *many], "running")  # 1 of 39, under 5 %
    assert "time left is known from 5% on" in text_of(show(as_, early))
    later = add_run([("A", "done"), ("B", "done")] + [(f"T{n:02d}", "queued") for n in range(8)],
                    "running")  # fmt: skip
    words = text_of(show(as_, later))  # 2 of 10 in 60 s: 240 s left, at 10:04
    assert re.search(r"about [45] min left, done near 10:0[456]", words)


def test_a_cancelled_run_says_by_whom_and_how_far(as_: Any, clock: Any) -> None:
    add_person(OMAR)
    run = add_run([("A", "done"), ("B", "cancelled")], "cancelled", cancelled_at=now(),
                  cancelled_by=OMAR.email)  # fmt: skip
    words = text_of(show(as_, run))
    assert "Cancelled · by Omar Hakim at 10:00, 1 of 2 done" in words
    ending = add_run([("A", "running"), ("B", "cancelled")], "running", cancelled_at=now(),
                     cancelled_by=OMAR.email)  # fmt: skip
    assert "Cancelling · 1 store finishes first" in text_of(show(as_, ending))


def test_a_poll_is_part_of_the_page_and_the_last_one_stops(as_: Any) -> None:
    live = add_run([("A", "done"), ("B", "running")], "running")
    page, part = show(as_, live), as_(OMAR).get(f"/dashboard/sync/runs/{live}", headers=HTMX)
    assert "<html" not in part.text and 'hx-trigger="every 2s"' in part.text
    clockless = re.compile(
        r"for \d+ s|as of [\d:]+|\d+ stores? a minute|about .*? left, done near \S+"
    )
    assert clockless.sub("", text_of(part)) in clockless.sub("", text_of(page))
    over = add_run([("A", "failed", EXPIRED)], outcome="failed")
    last = as_(OMAR).get(f"/dashboard/sync/runs/{over}", headers=HTMX)
    assert "hx-trigger" not in last.text
    assert 'hx-swap-oob="true"' in last.text and "Retry 1 failed store" in text_of(last)


def test_others_runs_are_not_found(as_: Any) -> None:
    sari, budi = as_(SARI), as_(BUDI)
    hers = add_run([("JKT001", "done")], store_code="JKT001")
    everybodys = add_run([("JKT001", "done"), ("BDG002", "done")])
    assert sari.get(f"/dashboard/sync/runs/{hers}").status_code == 200
    for path in (hers, f"{hers}/cancel", everybodys, 999_999):
        assert budi.get(f"/dashboard/sync/runs/{path}").status_code == 404
    assert sari.get(f"/dashboard/sync/runs/{everybodys}").status_code == 404
    assert as_(OMAR).get("/dashboard/sync/runs/x").status_code == 404


def rows_of(page: Any) -> list[str]:
    table = page.text[page.text.index('aria-labelledby="h-items"') :]
    return re.findall(r'scope="row"><a class="quiet" href="/dashboard/stores/([^"]+)"', table)


def test_its_stores_are_ordered_by_tab_and_found_by_name(as_: Any) -> None:
    run = add_run([("A", "done", {"duration_ms": 10}), ("B", "failed", {"duration_ms": 5}),
                   ("C", "done", {"duration_ms": 900}), ("D", "cancelled")])  # fmt: skip
    assert rows_of(show(as_, run))[0] == "B"
    assert rows_of(show(as_, run, "?tab=slowest")) == ["C", "A", "B"]
    assert rows_of(show(as_, run, "?tab=all")) == ["A", "B", "C", "D"]
    assert rows_of(show(as_, run, "?q=oko+c")) == ["C"]
    assert "No store of this run matches “%”" in text_of(show(as_, run, "?q=%25"))
    assert len(rows_of(show(as_, add_run([(f"P{n:02d}", "done") for n in range(30)])))) == 25


@pytest.mark.parametrize("state", ["done", "running"])
def test_its_queries_do_not_grow_with_stores_and_causes(app: Any, as_: Any, state: str) -> None:
    omar, seen = as_(OMAR), count_queries(app)
    small = add_run([("A", "failed", EXPIRED)], state)
    causes = ("timeout", "bad_response", "not_connected", "disabled")
    large = add_run([(f"S{n}", "failed", {"cause": causes[n % 4]}) for n in range(20)], state)
    omar.get(f"/dashboard/sync/runs/{small}")
    omar.get(f"/dashboard/sync/runs/{large}")
    assert seen[0] == seen[1] < 20


def test_it_works_on_both_databases(database: str, as_: Any) -> None:
    run = add_run([("A", "failed", EXPIRED), ("B", "done", NO_VIDEOS), ("C", "queued")], "running")
    for tab in ("latest", "slowest", "all"):
        assert show(as_, run, f"?tab={tab}&q=").status_code == 200
    words = text_of(show(as_, run))
    assert "Permission to list videos missing" in words and "1 store PIC acts" in words
    assert as_(OMAR).get("/dashboard/sync").status_code == 200
    assert as_(OMAR).get(f"/dashboard/sync/logs?run={run}&q=a").status_code == 200

"""GET /dashboard/stores/<code>: numbers over time, videos, health, log of one store."""

import json
import re
from datetime import UTC, datetime

import pytest

from hub.db import db
from hub.stores.accounts import account_of, disable, mark_reconnect
from hub.sync.runs import start_store
from tests.analytics.world import add_fresh, add_video, counted, fill
from tests.people import ANA, BUDI, MIRA, OMAR, SARI, add_store
from tests.stores.world import ALL, add_connected

pytestmark = pytest.mark.usefixtures("clock")


def url(code: str = "JKT001") -> str:
    return f"/dashboard/stores/{code}"


def figures(html: str) -> list[dict]:
    found = re.findall(r'<script type="application/json">(.*?)</script>', html, re.S)
    return [json.loads(one) for one in found]


def test_it_shows_the_numbers_with_their_change(as_):
    add_fresh("JKT001", store_name="Batik Sekar Arum", pic_name="Laila F.", tags=["Pekalongan"])
    html = as_(ANA).get(url()).text
    assert "<h1>Batik Sekar Arum</h1>" in html and "PIC Laila F." in html and "Pekalongan" in html
    assert '<data value="5000" title="5,000 followers">5,000</data>' in html
    assert "+70" in html and "in 7 days" in html
    assert "+100%" in html and "from 350" in html
    assert "5.5%" in html


@pytest.mark.parametrize(
    ("query", "points"),
    [("days=7", 7), *((f"days={days}", 20) for days in ("30", "90", "365", "x", "8"))],
)
def test_it_draws_the_period_that_is_asked_for(as_, query, points):
    add_fresh("JKT001")
    html = as_(ANA).get(f"{url()}?{query}").text
    followers, *_others = figures(html)
    assert len(followers["data"][0]["x"]) == points  # 20 days are known; what was before is no gap
    assert not [shape for shape in followers["layout"].get("shapes", []) if shape["name"] == "gap"]
    assert len(figures(html)) == 4


def test_it_says_what_is_seen(as_):
    add_fresh("JKT001")
    html = as_(ANA).get(f"{url()}?days=7").text
    assert "Followers grew by 60" in html
    assert "Views a day: 100 on average, as many as before" in html
    assert "dashed: the 7 days before" in html


def test_it_leaves_a_gap_a_gap_and_says_so(as_):
    fill(add_connected("JKT001"), missing=(5, 6))
    html = as_(ANA).get(url()).text
    followers = figures(html)[0]
    assert followers["data"][0]["y"][-8:-4] == [4930, None, None, 4960]
    assert "2 missing (18 to 19 Nov)" in html and "TikTok does not keep them" in html


def test_it_lists_videos_by_what_they_gained(as_):
    store = add_fresh("JKT001")
    add_video(store, "Old", gained=5)
    add_video(store, "Hit", gained=900)
    gone = datetime(2026, 11, 20, tzinfo=UTC)
    add_video(store, "Gone", gained=5000, removed_at=gone)
    html = as_(ANA).get(url()).text
    assert html.index("Hit") < html.index("Old") < html.index(">Gone<")
    assert "Gone from TikTok since Fri 20 Nov" in html and "+5,000" not in html
    assert "10%" in html


def test_it_gives_htmx_only_the_videos(as_):
    store = add_fresh("JKT001")
    add_video(store, "Hit", gained=900)
    whole = as_(ANA).get(f"{url()}?sort=likes")
    part = as_(ANA).get(f"{url()}?sort=likes&part=videos", headers={"HX-Request": "true"})
    assert part.text.strip().startswith('<section class="section" id="videos"')
    assert "Hit" in part.text and "Followers grew" not in part.text
    assert "Followers grew" in whole.text


def test_it_says_which_permission_is_missing(as_):
    fill(add_connected("JKT001", scopes=ALL[:2]))
    html = as_(ANA).get(url()).text
    assert "Permission to list videos missing" in html
    assert "missing: Videos and their numbers" in html and "<code>video.list</code>" in html


def test_it_offers_a_link_and_no_sync_where_access_has_ended(as_):
    add_fresh("JKT001", pic_name="Laila F.")
    mark_reconnect(account_of("JKT001"), "access_expired")
    db.session.commit()
    html = as_(OMAR).get(url()).text
    assert "Access expired." in html and "Who acts: Laila F." in html
    assert f'action="{url()}/link"' in html and "Sync now" not in html


def test_it_lets_the_person_in_charge_connect_and_sync_but_not_change(as_):
    add_fresh("JKT001")
    html = as_(SARI).get(url()).text
    assert "Sync now" in html
    for staff_only in ("Edit store", "Archive", "Disconnect", "Switch off"):
        assert staff_only not in html
    mark_reconnect(account_of("JKT001"), "access_expired")
    db.session.commit()
    assert "/connect/tiktok?store_code=JKT001" in as_(SARI).get(url()).text


def test_it_is_not_there_for_somebody_else(as_):
    add_fresh("JKT001")
    assert as_(BUDI).get(url()).status_code == 404
    assert as_(BUDI).get(f"{url()}/log").status_code == 404
    assert as_(MIRA).get(url()).status_code == 403
    assert as_(ANA).get(url("NOPE")).status_code == 404


def test_it_shows_a_store_without_numbers(as_):
    add_store("NEW1")
    html = as_(ANA).get(url("NEW1")).text
    assert "No numbers yet" in html and "Nothing has happened yet" in html
    assert "data-figure" not in html


def test_it_says_when_a_store_is_switched_off(as_):
    add_fresh("JKT001")
    disable("JKT001")
    html = as_(ANA).get(url()).text
    assert f'action="{url()}/enable"' in html and "Sync now" not in html


def test_it_polls_only_while_a_sync_is_live(as_, queue):
    add_fresh("JKT001")
    assert "every 2s" not in as_(ANA).get(url()).text
    run_id = start_store("JKT001", "all", "page", "ana@hub.test")
    html = as_(ANA).get(url()).text
    assert f'hx-get="{url()}/progress/{run_id}" hx-trigger="every 2s"' in html
    assert "Sync is waiting for its turn." in html and "Sync now" not in html


def test_it_lists_every_line_of_the_log(as_, queue):
    add_fresh("JKT001")
    start_store("JKT001", "all", "page", "ana@hub.test")
    start_store("JKT001", "all", "page", "ana@hub.test")  # skipped: the first one waits
    html = as_(ANA).get(f"{url()}/log").text
    assert html.count('class="lg-i') == 3
    assert "Videos not read" in html and "Already in another run" in html


def test_it_asks_the_database_as_often_for_many_days_and_videos_as_for_few(as_):
    browser, store = as_(ANA), add_fresh("JKT001")
    with counted() as few:
        browser.get(url())
    for n in range(12):
        add_video(store, f"v{n}", gained=n)
    with counted() as many:
        browser.get(f"{url()}?days=365&per_page=50")
    assert len(many) == len(few) <= 11

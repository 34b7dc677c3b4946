"""GET /dashboard: which stores are fresh, why the others are not, what the network did."""

import json
import re

import pytest

from hub.db import db
from hub.stores.accounts import account_of, mark_reconnect
from tests.analytics.world import add_fresh, counted, fill
from tests.people import ANA, BUDI, MIRA, OMAR, SARI, add_store
from tests.stores.world import add_connected

pytestmark = pytest.mark.usefixtures("clock")


def stop(code: str) -> None:
    add_fresh(code, pic_name="Dimas P.")
    mark_reconnect(account_of(code), "access_expired")
    db.session.commit()


def figure_of(html: str) -> dict:
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.S)[1])


def test_it_says_how_many_stores_are_fresh(as_):
    add_fresh("A1")
    stop("A2")
    html = as_(ANA).get("/dashboard").text
    assert "1 <span>of</span> 2 stores are fresh" in html
    assert 'class="field"' in html and '<i class="b"></i><i></i>' in html  # broken first


def test_it_names_cause_stores_and_who_acts(as_):
    stop("A1")
    add_store("A2", pic_name="Wulan T.")
    html = as_(OMAR).get("/dashboard").text
    assert "2 stores, 2 causes" in html
    assert "Access expired" in html and "Dimas P." in html
    assert "/dashboard/stores?cause=access_expired" in html
    assert 'name="cause" value="access_expired"' in html and "Make 1 link" in html
    assert "Wulan T." in html and "Not connected" in html


def test_it_offers_to_sync_only_stores_that_a_sync_can_help(as_):
    late = add_connected("A1")
    fill(late, behind=1)
    stop("A2")
    html = as_(ANA).get("/dashboard").text
    assert "Sync 1 late store" in html
    assert "nobody" in html and "Try now" in html


def test_it_compares_the_network_with_the_week_before(as_):
    add_fresh("A1")
    add_fresh("A2")
    html = as_(ANA).get("/dashboard").text
    assert "18 to 24 Nov 2026 against 11 to 17 Nov" in html
    assert '<data value="10000" title="10,000 followers">10.0K</data>' in html
    assert '<data value="140" title="140">+140</data>' in html  # 2 stores × 7 days × 10 followers
    assert '<data value="700" title="700">+700</data>' in html  # 2 × (700 − 350) views
    assert "5.5%" in html and "likes + comments + shares ÷ views" in html


def test_it_counts_a_store_that_stops_as_no_loss_of_followers(as_):
    add_fresh("A1")
    fill(add_connected("A2"), behind=3)
    html = as_(ANA).get("/dashboard").text
    assert "+110" in html  # 7 × 10 and the 4 days that the other store still had


def test_it_leaves_a_gap_a_gap(as_):
    fill(add_connected("A1"), missing=(5, 6))
    html = as_(ANA).get("/dashboard").text
    figure = figure_of(html)
    line = next(trace for trace in figure["data"] if trace["name"] == "Views a day")
    assert line["y"][-8:] == [100, None, None, None, 100, 100, 100, 100]
    (band,) = [shape for shape in figure["layout"]["shapes"] if shape["name"] == "gap"]
    assert (band["x0"], band["x1"]) == ("2026-11-17", "2026-11-21")
    assert "no data" in html and "No data on 18 to 20 Nov." in html


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("followers", "Followers"),
        ("videos", "Videos"),
        ("views", "Views a day"),
        ("nonsense", "Views a day"),
    ],
)
def test_it_draws_what_is_asked_for(as_, metric, unit):
    add_fresh("A1")
    html = as_(ANA).get(f"/dashboard?metric={metric}").text
    assert any(trace.get("name") == unit for trace in figure_of(html)["data"])


def test_it_gives_htmx_only_the_chart(as_):
    add_fresh("A1")
    whole = as_(ANA).get("/dashboard?metric=followers")
    part = as_(ANA).get("/dashboard?metric=followers", headers={"HX-Request": "true"})
    assert part.text.strip().startswith('<div id="trend"') and "<h1" not in part.text
    assert part.text.strip() in whole.text
    assert "HX-Request" in part.headers["Vary"]


def test_it_shows_who_rises_and_who_falls(as_):
    add_fresh("UP")
    fill(add_connected("DOWN"), gain=25)
    html = as_(ANA).get("/dashboard").text
    rising, falling = html.split("Rising")[1].split("Falling")
    assert "Toko UP" in rising and "+100%" in rising
    assert "Toko DOWN" in falling and "−50%" in falling


def test_it_begins_with_the_first_store(as_):
    html = as_(ANA).get("/dashboard").text
    assert "No stores yet" in html and "/dashboard/stores/new" in html


def test_it_leads_a_person_in_charge_to_the_own_store(as_):
    answer = as_(SARI).get("/dashboard")
    assert (answer.status_code, answer.location) == (303, "/dashboard/stores/JKT001")
    assert as_(BUDI).get("/dashboard").location == "/dashboard/stores/BDG002"


def test_it_is_not_for_influencers_and_strangers(as_):
    assert as_(MIRA).get("/dashboard").status_code == 403
    assert as_(None).get("/dashboard").location == "/login?next=/dashboard"


def test_it_asks_the_database_as_often_for_many_stores_as_for_one(as_):
    browser = as_(ANA)
    add_fresh("A0")
    with counted() as one:
        browser.get("/dashboard")
    for n in range(1, 9):
        add_fresh(f"A{n}")
    with counted() as many:
        browser.get("/dashboard")
    assert len(many) == len(one) <= 12

"""GET /dashboard/stores: every store a person may see, broken first; the address is the view."""

import re

import pytest

from hub.db import db
from hub.stores.accounts import account_of, mark_reconnect
from tests.analytics.world import add_fresh, counted, fill
from tests.people import ANA, BUDI, MIRA, OMAR, SARI, add_person, add_store
from tests.stores.world import add_connected

pytestmark = pytest.mark.usefixtures("clock")
URL = "/dashboard/stores"


@pytest.fixture
def four(app) -> None:
    """One store of each state, in the order of their names."""
    add_fresh("F1", store_name="Anggrek", tags=["Jawa"], pic_name="Laila F.")
    fill(add_connected("L1", store_name="Bambu"), behind=1)
    add_fresh("S1", store_name="Cendana", pic_name="Dimas P.")
    mark_reconnect(account_of("S1"), "access_expired")
    add_store("N1", store_name="Delima", pic_name="Wulan T.")
    db.session.commit()


def codes(answer) -> list[str]:
    return re.findall(r'name="store" value="([^"]+)"', answer.text)


def row_of(answer, code: str) -> str:
    found = re.search(rf'value="{code}".*?</tr>', answer.text, re.S)
    assert found
    return found[0]


def test_it_shows_what_is_broken_first(as_, four):
    assert codes(as_(ANA).get(URL)) == ["S1", "L1", "N1", "F1"]


def test_it_says_state_cause_and_who_acts(as_, four):
    answer = as_(OMAR).get(URL)
    assert "Stopped" in row_of(answer, "S1")
    assert "Access expired · Dimas P." in row_of(answer, "S1")
    assert "Not read yet · nobody acts" in row_of(answer, "L1")
    assert "Wulan T. acts" in row_of(answer, "N1") and "none yet" in row_of(answer, "N1")
    assert "3 of 4 need somebody." in answer.text


def test_it_has_the_one_button_that_helps(as_, four):
    answer = as_(ANA).get(URL)
    assert f'formaction="{URL}/S1/link"' in row_of(answer, "S1")
    assert "Sync" not in row_of(answer, "S1")
    assert f'formaction="{URL}/L1/sync"' in row_of(answer, "L1")
    assert f'formaction="{URL}/N1/link"' in row_of(answer, "N1")
    assert "<button" not in row_of(answer, "F1")


def test_it_dates_numbers_that_are_late(as_, four):
    answer = as_(ANA).get(URL)
    assert "to 23 Nov" in row_of(answer, "L1")
    assert "+100%" in row_of(answer, "F1") and "to 2" not in row_of(answer, "F1")


def test_it_shows_the_last_fourteen_nights(as_):
    fill(add_connected("A1"), missing=(2, 3))
    add_store("A2")
    answer = as_(ANA).get(URL)
    assert "2 of 14 nights missing" in row_of(answer, "A1")
    assert row_of(answer, "A1").count('<i class="b">') == 2
    assert row_of(answer, "A2").count('<i class="n">') == 14


def test_it_calls_the_newest_night_late_as_long_as_it_may_come(as_, four):
    row = row_of(as_(ANA).get(URL), "L1")
    assert row.count('<i class="l">') == 1 and "0 of 14 nights missing" in row


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=stopped", ["S1"]),
        ("state=never_connected", ["N1"]),
        ("q=laila", ["F1"]),
        ("q=%25", []),
        ("tag=Jawa", ["F1"]),
        ("cause=access_expired", ["S1"]),
        ("cause=waiting", ["L1"]),
        ("state=stopped&tag=Jawa", []),
        ("sort=store_name", ["F1", "L1", "S1", "N1"]),
        ("sort=store_name&order=desc", ["N1", "S1", "L1", "F1"]),
        ("sort=followers", ["F1", "L1", "S1", "N1"]),
    ],
)
def test_it_filters_and_sorts(as_, four, query, expected):
    assert codes(as_(ANA).get(f"{URL}?{query}")) == expected


@pytest.mark.parametrize("query", ["state=gone", "sort=x&order=y", "page=0", "page=99&per_page=7"])
def test_it_falls_back_where_the_address_makes_no_sense(as_, four, query):
    answer = as_(ANA).get(f"{URL}?{query}")
    assert answer.status_code == 200 and codes(answer) == ["S1", "L1", "N1", "F1"]


def test_it_counts_each_state_under_the_other_filters(as_, four):
    html = as_(ANA).get(f"{URL}?cause=access_expired").text
    counts = re.findall(r"<b>(\d+)</b>", html.split('class="tabs"')[1].split("</nav>")[0])
    assert counts == ["1", "1", "0", "0", "0"]


def test_it_pages(as_):
    for n in range(27):
        add_store(f"A{n:02}")
    first, second = as_(ANA).get(URL), as_(ANA).get(f"{URL}?page=2")
    assert (len(codes(first)), len(codes(second))) == (25, 2)
    assert "1 to 25 of 27 stores" in first.text and "26 to 27 of 27 stores" in second.text
    assert len(codes(as_(ANA).get(f"{URL}?per_page=50"))) == 27


def test_it_gives_htmx_the_same_rows(as_, four):
    whole = as_(ANA).get(f"{URL}?state=late")
    part = as_(ANA).get(f"{URL}?state=late", headers={"HX-Request": "true"})
    assert codes(part) == codes(whole) == ["L1"]
    assert part.text.strip().startswith('<div id="stores"') and "<h1" not in part.text
    assert "HX-Request" in whole.headers["Vary"] and "HX-Request" in part.headers["Vary"]


def test_it_gives_the_whole_page_back_on_history(as_, four):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<h1" in as_(ANA).get(URL, headers=headers).text


def test_it_says_what_is_missing_when_nothing_matches(as_, four):
    html = as_(ANA).get(f"{URL}?q=zzz").text
    assert "No store matches" in html and "4 stores exist without these filters." in html
    assert "Clear filters" in html


def test_it_begins_with_the_first_store(as_):
    assert "Add the first store" in as_(ANA).get(URL).text


def test_it_leaves_archived_stores_out(as_, four):
    as_(ANA).post(f"{URL}/N1/archive")
    assert "N1" not in codes(as_(ANA).get(URL))


def test_it_shows_a_person_in_charge_only_the_own_stores(as_, four):
    add_person(SARI)
    answer = as_(BUDI).get(URL)
    assert codes(answer) == ["BDG002"] and "Add store" not in answer.text
    assert as_(MIRA).get(URL).status_code == 403


def test_it_asks_the_database_as_often_for_many_stores_as_for_one(as_):
    browser = as_(ANA)
    add_fresh("A0")
    with counted() as one:
        browser.get(URL)
    for n in range(1, 9):
        add_fresh(f"A{n}")
    with counted() as many:
        browser.get(URL)
    assert len(many) == len(one) <= 8


@pytest.mark.parametrize("page", [URL, f"{URL}/F1", "/dashboard"])
def test_it_runs_on_both_databases(database, as_, four, page):
    assert as_(ANA).get(page).status_code == 200

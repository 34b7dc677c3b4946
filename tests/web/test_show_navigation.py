"""Navigation by role, and the part of a list that an address asks for."""

import pytest
from flask import Flask

from hub import nav
from hub.listing import listing
from tests.browser.gallery import gallery


@pytest.fixture
def app() -> Flask:
    return gallery("ops")


def test_it_shows_only_what_exists_for_the_role(app: Flask) -> None:
    nav.add("control", "Keys", "Overview.keys", "key", ("ops",))  # no such endpoint
    with app.test_request_context("/stores"):
        labels = [link.label for _, links in nav.shown("ops") for link in links]
        assert "Stores" in labels
        assert "Keys" not in labels
        assert nav.shown("influencer") == []


def test_it_marks_the_nearest_entry(app: Flask) -> None:
    with app.test_request_context("/stores/SBY-014"):
        links = [link for _, links in nav.shown("ops") for link in links]
        assert [link.label for link in links if link.current] == ["Stores"]


def test_it_refuses_an_unknown_group() -> None:
    with pytest.raises(ValueError, match="unknown group"):
        nav.add("nowhere", "X", "x", "key")


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "per_page=7", "sort=password", "order=sideways", "page=-3&per_page=1e9"],
)
def test_it_falls_back_where_the_address_makes_no_sense(app: Flask, query: str) -> None:
    with app.test_request_context(f"/stores?{query}"):
        rows = listing(("name", "followers"), "name")
        assert (rows.sort, rows.order, rows.page, rows.per_page) == ("name", "asc", 1, 25)


def test_it_shows_the_last_page_instead_of_one_behind_the_end(app: Flask) -> None:
    with app.test_request_context("/stores?page=99&per_page=50"):
        rows = listing(("name",), "name").count(120)
        assert (rows.page, rows.first, rows.last, rows.offset) == (3, 101, 120, 100)


@pytest.mark.parametrize(
    ("page", "numbers"),
    [
        (1, [1, 2, 3, None, 12]),
        (5, [1, None, 4, 5, 6, None, 12]),
        (12, [1, None, 11, 12]),
    ],
)
def test_it_names_the_pages_near_by(app: Flask, page: int, numbers: list[int | None]) -> None:
    with app.test_request_context(f"/stores?page={page}"):
        assert listing(("name",), "name").count(300).near == numbers

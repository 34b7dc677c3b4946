"""What fails is answered in its family's envelope, with the request's id, without a secret."""

import json
import sqlite3
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from hub.access import access
from hub.log import init_log

MACHINES = {
    "/admin/nothing": "hub",
    "/auth/nothing": "hub",
    "/health/nothing": "hub",
    "/webhooks/nothing": "hub",
    "/api/nothing": "scraper",
    "/api/jobs/nothing": "scraper",
    "/api/tiktok/nothing": "m2m",
    "/api/m2m/nothing": "m2m",
}
ENVELOPES: dict[str, Any] = {
    "hub": {"success": False, "error": {"code": "NOT_FOUND", "message": "Resource not found"}},
    "scraper": {"error": {"code": "NOT_FOUND", "message": "Resource not found"}},
    "m2m": {
        "status": "error",
        "message": "Resource not found",
        "code": "NOT_FOUND",
        "data": None,
    },
}


@pytest.mark.parametrize(("path", "family"), MACHINES.items())
def test_it_speaks_the_family_of_the_address(path: str, family: str, api: Any) -> None:
    answer = api(None).get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json) == (404, ENVELOPES[family])


@pytest.mark.parametrize("path", ["/nothing", "/dashboardx", "/p/nobody/x"])
def test_it_shows_people_a_page(path: str, as_: Any) -> None:
    answer = as_(None).get(path)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/admin/stores", "PUT", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/health", "POST", {"GET", "HEAD", "OPTIONS"}),
        ("/login", "DELETE", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("/", "POST", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_it_names_the_methods_of_an_address(
    path: str, method: str, allow: set[str], api: Any
) -> None:
    answer = api().open(path, method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allow
    if path.startswith("/admin"):
        assert answer.json["error"] == {"code": "INVALID_REQUEST", "message": "Method not allowed"}


def test_it_refuses_other_kinds_of_bodies(api: Any) -> None:
    answer = api().post("/admin/stores", data="a=1", content_type="text/plain")
    assert (answer.status_code, answer.json["error"]["code"]) == (415, "INVALID_REQUEST")


def test_it_refuses_bodies_that_are_too_large(api: Any) -> None:
    answer = api().post("/admin/stores", json={"store_name": "x" * 1024 * 1024})
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "INVALID_REQUEST")


@pytest.mark.parametrize("body", ["{", "[1]", '"x"', "nul", "\xff"])
def test_it_refuses_bodies_that_are_no_objects(body: str, api: Any) -> None:
    answer = api().post(
        "/admin/stores", data=body.encode("latin-1"), content_type="application/json"
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("path", ["/health", "/admin/stores", "/login", "/static/css/base.css"])
def test_it_answers_head_without_a_body(path: str, api: Any) -> None:
    answer = api().head(path)
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize(
    "path", ["/", "/admin/stores", "/admin/none", "/none", "/static/css/base.css", "/static/none"]
)
def test_it_marks_every_answer_with_its_id(path: str, api: Any) -> None:
    given = api().get(path, headers={"X-Request-Id": "abc123-._Z"})
    assert given.headers["X-Request-Id"] == "abc123-._Z"
    for sick in ("a b", "x" * 65, "ä", "<x>"):
        made = api().get(path, headers={"X-Request-Id": sick}).headers["X-Request-Id"]
        assert made and made != sick


def test_it_marks_answers_without_news(api: Any) -> None:
    first = api().get("/admin/stores")
    again = api().get("/admin/stores", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["X-Request-Id"]


@pytest.fixture
def fault(app: Any) -> None:
    """Doors that break in the way of a mistake of ours."""
    app._got_first_request = False

    @access("public")
    def explode() -> None:
        raise RuntimeError("no access with access_token=act.abcdefgh and password=hunter2")

    app.add_url_rule("/admin/boom", view_func=explode, endpoint="boom_json")
    app.add_url_rule("/boom", view_func=explode, endpoint="boom_page")


def test_it_hides_what_broke_and_writes_it_down(
    fault: None, api: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    init_log("info")
    answer = api(None).get("/admin/boom", headers={"X-Request-Id": "find-me"})
    assert answer.status_code == 500
    assert answer.json["error"] == {
        "code": "INTERNAL_ERROR",
        "message": "Something failed on our side. Nothing was changed.",
    }
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    written = next(line for line in lines if line["msg"] == "unexpected error")
    assert written["requestId"] == "find-me"
    assert "RuntimeError" in written["error"]
    assert "hunter2" not in str(lines) and "abcdefgh" not in str(lines)


def test_it_shows_a_page_when_a_page_broke(fault: None, as_: Any) -> None:
    answer = as_(None).get("/boom")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    assert answer.headers["X-Request-Id"] in answer.text
    assert "hunter2" not in answer.text


def test_it_writes_no_query_and_no_key_into_the_log(
    api: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    init_log("info")
    api("sekret-key-123").get("/admin/stores?q=private-words")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    written = next(line for line in lines if line["msg"] == "request")
    assert (written["path"], written["status"]) == ("/admin/stores", 401)
    assert "private-words" not in str(lines) and "sekret" not in str(lines)


@contextmanager
def locked(app: Any) -> Generator[None]:
    """Somebody else writes and does not end."""
    path = app.extensions["settings"].hub_data_dir / "hub.sqlite3"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.mark.slow
def test_it_is_busy_while_the_database_is_locked(app: Any, api: Any) -> None:
    store = {"store_code": "A1", "store_name": "A", "pic_name": "P"}
    with locked(app):
        assert api().get("/admin/stores").status_code == 200
        began = time.monotonic()
        answer = api().post("/admin/stores", json=store)
        assert 4 < time.monotonic() - began < 8
        assert api(None).get("/livez").status_code == 200
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "INTERNAL_ERROR")
    assert answer.json["success"] is False
    assert int(answer.headers["Retry-After"]) >= 1
    assert api().post("/admin/stores", json=store).status_code == 201


@pytest.mark.parametrize("origin", ["https://app.example", "https://other.example"])
def test_it_opens_the_api_to_named_origins_only(origin: str, api: Any, app: Any) -> None:
    app.extensions["settings"].cors_origin = "https://app.example"
    for path in ("/admin/stores", "/admin/none", "/health"):
        answer = api().get(path, headers={"Origin": origin})
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        assert allowed == (origin if origin == "https://app.example" else None)
        assert "Origin" in answer.vary
    asked = api(None).open("/admin/stores", method="OPTIONS", headers={"Origin": origin})
    assert asked.status_code == 204
    assert ("X-API-KEY" in asked.headers.get("Access-Control-Allow-Headers", "")) == bool(allowed)

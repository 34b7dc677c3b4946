"""GET /api/openapi.json, /api/docs, /docs, /swagger."""

import re
from typing import Any

import pytest

from hub.api import family_of
from tests.service.openapi import faults_of, misfits, operations
from tests.stores.world import add_connected, add_days

PAGES = {"/auth/tiktok/callback", "/connect/tiktok"}
SPEC = [
    "GET /health", "GET /", "GET /admin/stores", "POST /admin/stores",
    "GET /admin/stores/{store_code}", "GET /admin/stores/{store_code}/accounts",
    "GET /admin/stores/{store_code}/user-stats", "GET /admin/stores/{store_code}/video-stats",
    "GET /admin/stores/{store_code}/sync-logs", "POST /admin/sync/run", "GET /admin/sync/status",
    "GET /admin/sync/logs", "GET /connect/tiktok", "GET /auth/url", "GET /auth/tiktok/callback",
]  # fmt: skip


@pytest.fixture
def document(api: Any) -> Any:
    answer = api(None).get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json


def json_routes(app: Any) -> set[str]:
    """`GET /admin/stores/{store_code}` for every door that answers JSON."""
    found = {"GET /"}
    with app.test_request_context("/"):
        for rule in app.url_map.iter_rules():
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            if family_of(path):
                found |= {f"{method} {path}" for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def test_it_is_openapi_3_1(document: Any) -> None:
    assert faults_of(document) == []


def test_it_finds_faults(document: Any) -> None:
    document["openapi"] = "3.2.0"
    store = document["paths"]["/admin/stores/{store_code}"]["get"]
    store["parameters"] = [p for p in store["parameters"] if p["in"] == "query"]
    store["responses"]["404"]["content"]["application/json"]["example"]["success"] = "no"
    store["security"] = [{"Magic": []}]
    document["paths"]["/x"] = {"get": {"operationId": "get_store", "responses": {"200": {}}}}
    assert len(faults_of(document)) >= 6


def test_it_holds_every_json_route(document: Any, app: Any) -> None:
    told = {f"{method.upper()} {path}" for path, method, _ in operations(document)}
    assert json_routes(app) - told == set()
    assert {line for line in told if line.split()[1] not in PAGES} - json_routes(app) == set()


@pytest.mark.parametrize("line", SPEC)
def test_it_holds_what_the_spec_lists(line: str, document: Any) -> None:
    method, path = line.split()
    operation = document["paths"][path][method.lower()]
    assert operation["summary"]


def test_it_tells_keys_limits_and_examples(document: Any) -> None:
    scheme = document["components"]["securitySchemes"]["ApiKey"]
    assert scheme == {"type": "apiKey", "in": "header", "name": "X-API-KEY"}
    for path, method, operation in operations(document):
        if path in PAGES:
            continue
        where, answers = f"{method} {path}", operation["responses"]
        assert (operation.get("security") == [{"ApiKey": []}]) == path.startswith("/admin"), where
        if path.startswith("/admin"):
            assert {"401", "429"} <= set(answers), where
        assert any(status[0] == "2" for status in answers), where
        assert "422" not in answers, where
        if "requestBody" in operation:
            assert {"400", "415"} <= set(answers), where
        for status, answer in answers.items():
            content = answer["content"]["application/json"]
            assert "example" in content and content["schema"], f"{where} {status}"


def test_it_tells_every_error_code(document: Any) -> None:
    text = document["info"]["description"]
    for code in ("INVALID_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND", "STORE_NOT_FOUND",
                 "STORE_EXISTS", "RATE_LIMIT_EXCEEDED", "INTERNAL_ERROR", "SERVER_MISCONFIG",
                 "SYNC_FAILED"):  # fmt: skip
        assert f"`{code}`" in text


@pytest.mark.parametrize(
    "path",
    [
        "/", "/health", "/livez", "/ready", "/admin/stores", "/admin/stores/A1",
        "/admin/stores/A1/accounts", "/admin/stores/A1/user-stats",
        "/admin/stores/A1/video-stats", "/admin/stores/A1/sync-logs", "/admin/sync/status",
        "/admin/sync/logs", "/admin/sync/runs", "/auth/url?store_code=A1",
        "/admin/stores/none", "/admin/stores?limit=0", "/auth/url",
    ],
)  # fmt: skip
def test_it_says_what_is_answered(path: str, document: Any, api: Any, db: Any) -> None:
    add_days(add_connected("A1"))
    answer = api().get(path)
    known = re.sub(r"/(A1|none)", "/{store_code}", path.partition("?")[0])
    told = document["paths"][known]["get"]["responses"][str(answer.status_code)]
    schema = told["content"]["application/json"]["schema"]
    assert list(misfits(document, answer.json, schema, path)) == []


def test_it_is_304_for_who_has_it(api: Any) -> None:
    tag = api(None).get("/api/openapi.json").headers["ETag"]
    answer = api(None).get("/api/openapi.json", headers={"If-None-Match": tag})
    assert answer.status_code == 304


@pytest.mark.parametrize("path", ["/api/docs", "/docs", "/swagger"])
def test_it_is_drawn_without_other_hosts(path: str, api: Any) -> None:
    answer = api(None).get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert 'data-openapi="/api/openapi.json"' in answer.text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    for address in re.findall(r'(?:src|href)="([^"#]+)"', answer.text):
        assert address.startswith("/"), address
        assert api(None).get(address).status_code == 200, address

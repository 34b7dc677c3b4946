"""The OpenAPI document: what flask-openapi collected from the doors, completed and put right.

Models of answers come from their examples; refusals that any door may give are added here once.
"""

import re
from copy import deepcopy
from typing import Any

from flask import current_app

from hub.api import HUB, Family, family_of
from hub.errors import HubError

TITLE = "TikTok Content Reporting Hub"
JSON = "application/json"
TAGS = {
    "Health & Info": "State of the service. No key needed.",
    "Store Management": "Stores, their accounts and connect links.",
    "Statistics": "Daily numbers of a store, newest first.",
    "Sync Operations": "Start, watch and stop synchronisation.",
    "OAuth Flow": "Connecting a TikTok account. No key needed.",
}
COMMON = {
    400: ("INVALID_REQUEST", "limit must be a whole number from 1 to 1000"),
    413: ("INVALID_REQUEST", "The request is too large"),
    415: ("INVALID_REQUEST", "Content-Type must be application/json"),
    500: ("INTERNAL_ERROR", "Something failed on our side. Nothing was changed."),
    503: ("INTERNAL_ERROR", "The database is busy. Nothing was changed."),
}
CODES = (
    ("INVALID_REQUEST", 400, "A parameter or the body is wrong; also 405, 413 and 415"),
    ("UNAUTHORIZED", 401, "The API key is missing or wrong"),
    ("FORBIDDEN", 403, "This key or address may not do that"),
    ("NOT_FOUND", 404, "There is nothing at this address"),
    ("STORE_NOT_FOUND", 404, "No store has this code"),
    ("STORE_EXISTS", 409, "A store has this code already"),
    ("RATE_LIMIT_EXCEEDED", 429, "Too many requests; `Retry-After` says when to come back"),
    ("INTERNAL_ERROR", 500, "A fault on our side; 503 while the database is away"),
    ("SERVER_MISCONFIG", 500, "A setting is missing, such as the TikTok credentials"),
    ("SYNC_FAILED", 500, "TikTok did not give the numbers of this store"),
)
TEXT = """Stores, their TikTok accounts and numbers as JSON.

Send the key as `X-API-KEY`. Every answer carries `X-Request-Id`; limited addresses also
`X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (unix seconds).
Instants are ISO 8601 in UTC. An `ETag` sent back as `If-None-Match` gives 304 when nothing is new.

| code | status | meaning |
| --- | --- | --- |
"""


def page(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"text/html": {"schema": {"type": "string"}}}}


def query(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}


# The two addresses of the OAuth flow that browsers open.
PAGES: dict[str, Any] = {
    "/connect/tiktok": {
        "get": {
            "tags": ["OAuth Flow"],
            "operationId": "connect_store",
            "summary": "Connect a TikTok account: leads to TikTok",
            "description": "A page; with `Accept: application/json` the address as `/auth/url`.",
            "parameters": [query("store_code", "the store that is connected")],
            "responses": {
                "200": page("Asks for the code when none was given"),
                "303": {"description": "On to TikTok"},
                "400": page("INVALID_REQUEST"),
                "403": page("FORBIDDEN: needs a link or a login"),
                "404": page("STORE_NOT_FOUND"),
                "429": page("RATE_LIMIT_EXCEEDED"),
            },
        }
    },
    "/auth/tiktok/callback": {
        "get": {
            "tags": ["OAuth Flow"],
            "operationId": "finish_connect",
            "summary": "Where TikTok sends the owner back; not to be called by hand",
            "parameters": [
                query("code", "authorization code"),
                query("state", "signed state, used once"),
                query("error", "why nothing was allowed"),
                query("error_description", "the same in TikTok's words"),
            ],
            "responses": {
                "200": page("Connected"),
                "303": {"description": "Another account: asks before it replaces the present one"},
                "400": page("Not connected, with the reason"),
                "429": page("RATE_LIMIT_EXCEEDED"),
            },
        }
    },
}


def example(body: Any, description: str = "OK") -> dict[str, Any]:
    """A documented answer by its example; the model is made of it."""
    return {"description": description, "content": {JSON: {"example": body}}}


def document() -> dict[str, Any]:
    """OpenAPI 3.1 of every JSON route; made once."""
    kept: dict[str, Any] = current_app.extensions
    if "openapi" not in kept:
        kept["openapi"] = make_document(current_app)
    return kept["openapi"]  # type: ignore[no-any-return]


def make_document(app: Any) -> dict[str, Any]:
    made: dict[str, Any] = deepcopy(app.api_doc)
    rows = (f"| `{code}` | {status} | {meaning} |" for code, status, meaning in CODES)
    made["info"] |= {"title": TITLE, "description": TEXT + "\n".join(rows)}
    made["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    endpoints, used = endpoints_of(app), set[str]()
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            complete(operation, family_of(path) or HUB)
            name = endpoints[path, method.upper()].rpartition(".")[2]
            if name in used:
                name += re.sub(r"\W+", "_", path)
            used.add(name)
            operation["operationId"] = name
    made["paths"] |= deepcopy(PAGES)
    return made


def endpoints_of(app: Any) -> dict[tuple[str, str], str]:
    """Endpoint by (path as OpenAPI writes it, method)."""
    return {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods
    }


def complete(operation: dict[str, Any], family: Family) -> None:
    """Add what every door may answer, and a model to every example."""
    operation["tags"] = operation.get("tags", [])[-1:]  # else it is drawn twice
    answers = operation["responses"]
    answers.pop("422", None)
    if is_array_of_problems(answers.get("400")):
        del answers["400"]
    reads = [p for p in operation.get("parameters", []) if p["in"] == "query"]
    usual = [500, 503]
    if reads or "requestBody" in operation:
        usual.append(400)
    if "requestBody" in operation:
        usual += [413, 415]
    for status in usual:
        answers.setdefault(str(status), refusal(family, status))
    for answer in answers.values():
        for content in answer.get("content", {}).values():
            if "example" in content and content.get("schema", {"type": "object"}) == {
                "type": "object"
            }:
                content["schema"] = model_of(content["example"]) | {"required": required(content)}
    operation["responses"] = dict(sorted(answers.items()))


def is_array_of_problems(answer: Any) -> bool:
    """What flask-openapi says by default; our callback answers one problem, not a list."""
    content = (answer or {}).get("content", {}).get(JSON, {})
    return bool(content.get("schema", {}).get("type") == "array")


def refusal(family: Family, status: int) -> dict[str, Any]:
    code, message = COMMON[status]
    body = family.problem(HubError(message, code=code, status=status))
    return {"description": code, "content": {JSON: {"example": body}}}


def required(content: dict[str, Any]) -> list[str]:
    """Of the envelope only: deeper keys may be absent where a part did not run."""
    return [name for name in content["example"] if name not in ("count", "message", "next_step")]


def model_of(value: Any) -> dict[str, Any]:
    """A JSON Schema that an example fits; texts and numbers may also be null."""
    if isinstance(value, dict):
        return {"type": "object", "properties": {k: model_of(v) for k, v in value.items()}}
    if isinstance(value, list):
        return {"type": "array", "items": model_of(value[0]) if value else {}}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if value is None:
        return {}
    kind = {int: "integer", float: "number"}.get(type(value), "string")
    return {"type": [kind, "null"]}

"""The JSON families: their envelopes, error codes, paging numbers, ETags.

Three families speak three envelopes (CONTRACT §4). A path's family answers its 404, 405, 413,
415, 429 and 500 too, so a caller always reads one shape.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from flask import Response, request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from werkzeug.http import generate_etag, parse_etags

from hub.errors import HubError


@dataclass(frozen=True)
class Family:
    """One envelope. `codes` translates our codes where the family has its own words."""

    name: str
    codes: Mapping[str, str]

    def code(self, error: HubError) -> str:
        return self.codes.get(error.code, error.code)

    def problem(self, error: HubError) -> dict[str, Any]:
        code = self.code(error)
        if self.name == "hub":
            return {"success": False, "error": {"code": code, "message": error.message}}
        if self.name == "m2m":
            return {
                "status": "error",
                "message": error.message,
                "code": code,
                "data": error.data,
            }
        return {"error": {"code": code, "message": error.message}}


HUB = Family("hub", {"CONFLICT": "INVALID_REQUEST", "UNAVAILABLE": "INTERNAL_ERROR"})
SCRAPER = Family(
    "scraper",
    {
        "RATE_LIMIT_EXCEEDED": "RATE_LIMITED",
        "CONFLICT": "INVALID_REQUEST",
        "UNAVAILABLE": "DATABASE_ERROR",
    },
)
M2M = Family("m2m", {"RATE_LIMIT_EXCEEDED": "RATE_LIMIT", "INVALID_REQUEST": "VALIDATION_ERROR"})

PREFIXES = (
    ("/api/tiktok", M2M),
    ("/api/m2m", M2M),
    ("/api/health", HUB),
    ("/api/docs", None),
    ("/api", SCRAPER),
    ("/admin", HUB),
    ("/auth/tiktok/callback", None),
    ("/auth", HUB),
    ("/health", HUB),
    ("/livez", HUB),
    ("/ready", HUB),
    ("/metrics", HUB),
    ("/webhooks", HUB),
)


def family_of(path: str) -> Family | None:
    """The family that speaks under `path`; None where pages live."""
    for prefix, family in PREFIXES:
        if path == prefix or path.startswith(prefix + "/"):
            return family
    if path == "/connect/tiktok" and prefers_json():
        return HUB
    return None


def prefers_json() -> bool:
    accept = request.accept_mimetypes
    return accept.best_match(["text/html", "application/json"], "text/html") == "application/json"


def reply(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None, etag: bool = False
) -> Response:
    """A JSON answer by orjson; with `etag`, one that can be 304 by its bytes."""
    raw = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    answer = Response(raw, status, headers, mimetype="application/json")
    if etag and status == 200:
        answer.set_etag(generate_etag(raw), weak=True)
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        answer.make_conditional(request)
    return answer


def unchanged(version: str) -> Response | None:
    """304 when the caller already has `version` of this address: asked before any data is read.

    `version` names the data and is tied to path, query and form here.
    """
    known = parse_etags(request.headers.get("If-None-Match"))
    if known.contains_weak(version_tag(version)):
        return tagged(Response(status=304), version)
    return None


def version_tag(version: str) -> str:
    shape = f"{version}|{request.full_path}|{request.headers.get('Accept', '')}"
    return generate_etag(shape.encode())


def tagged(answer: Response, version: str) -> Response:
    answer.set_etag(version_tag(version), weak=True)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.add("Accept")
    return answer


def success(data: Any, *, status: int = 200, etag: bool = False, **more: Any) -> Response:
    """The Hub family's `{"success": true, "data": …, …}`."""
    return reply({"success": True, "data": data, **more}, status, etag=etag)


class Strict(BaseModel):
    """A body or query of ours: unknown keys are ignored, known ones of a wrong type refused."""

    model_config = ConfigDict(strict=True, extra="ignore")


def whole(low: int, high: int, name: str) -> BeforeValidator:
    """A query number in decimal digits; anything else, or out of range, is refused by name."""

    def read(value: Any) -> int:
        text = str(value)
        if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not low <= int(text) <= high:
            raise ValueError(f"{name} must be a whole number from {low} to {high}")
        return int(text)

    return BeforeValidator(read)


Days = Annotated[int, whole(1, 365, "days")]


def sentence(error: ValidationError) -> str:
    """The first problem of a refused body or query, in one sentence."""
    first = error.errors()[0]
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    where = ".".join(str(part) for part in first["loc"]) or "body"
    return f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"


SECURITY: dict[str, Any] = {"ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-KEY"}}


class ProblemDetail(BaseModel):
    code: str
    message: str


class Problem(BaseModel):
    """The Hub family's error envelope."""

    success: bool = False
    error: ProblemDetail

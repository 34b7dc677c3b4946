"""What happens around every request: id, access, body, limits; errors in the right envelope."""

import re
import secrets
import time
from typing import Any

from flask import Flask, Response, current_app, g, make_response, request
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadRequest, HTTPException, MethodNotAllowed

from hub import api, web
from hub.access import client_ip, mark_of, settings
from hub.config import split
from hub.db import db, is_away, set_reading
from hub.errors import Forbidden, HubError, Invalid, NotFound, Unavailable
from hub.limits import init_limits
from hub.limits import limit as limit  # doors take it from here
from hub.log import logger

SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
QUIET = ("/livez", "/ready", "/health", "/api/health")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
WORDS = {
    400: ("INVALID_REQUEST", "The request cannot be read"),
    401: ("UNAUTHORIZED", "Missing or invalid API key"),
    403: ("FORBIDDEN", "Insufficient permissions"),
    404: ("NOT_FOUND", "Resource not found"),
    405: ("INVALID_REQUEST", "Method not allowed"),
    413: ("INVALID_REQUEST", "The request is too large"),
    415: ("INVALID_REQUEST", "Content-Type must be application/json"),
    429: ("RATE_LIMIT_EXCEEDED", "Too many requests"),
}


def init_request_cycle(app: Flask) -> None:
    app.before_request(begin)
    init_limits(app)
    app.before_request(check_access)
    app.before_request(check_body)
    app.after_request(finish)
    app.register_error_handler(Exception, answer)


def begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if SANE_ID.fullmatch(given) else secrets.token_hex(8)
    g.started = time.perf_counter()
    mark = mark_of(request.endpoint)
    set_reading(request.method not in UNSAFE and not (mark and mark.writes))


def check_access() -> Response | None:
    """401, 403 and 404 before anything of the request is read. Deny by default."""
    if request.endpoint is None or request.endpoint == "static":
        return None  # 404 and 405 follow by themselves
    if request.method == "OPTIONS":
        return make_response("", 204, {"Allow": ", ".join(sorted(allowed_methods()))})
    mark = mark_of(request.endpoint)
    if mark is None:
        raise Forbidden("Insufficient permissions")
    if mark.level == "public":
        return None
    guard = request_guard(api.family_of(request.path))
    return guard(mark.level)  # type: ignore[no-any-return]


def allowed_methods() -> set[str]:
    """Methods of this address, of all its doors."""
    adapter = current_app.create_url_adapter(request)
    return set(adapter.allowed_methods()) if adapter else set()


def request_guard(family: api.Family | None) -> Any:
    """Who checks credentials: the users room supplies both ways, wired here by name only."""
    return current_app.extensions["guards"]["key" if family else "session"]


def check_body() -> None:
    """JSON doors read JSON objects: another content type is 415, broken JSON 400."""
    if request.method not in UNSAFE or api.family_of(request.path) is None:
        return
    if not request.endpoint or mark_of(request.endpoint) is None:
        return
    if not request.content_length:
        return
    if not request.is_json:
        raise HubError(WORDS[415][1], status=415, code="INVALID_REQUEST")
    try:
        body = request.get_json()
    except BadRequest:
        raise Invalid("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise Invalid("The body must be a JSON object")


def refuse(error: ValidationError) -> Response:
    """What flask-openapi answers when a body or query does not fit its model."""
    return as_answer(Invalid(api.sentence(error)))


def finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    allow_origins(response)
    took = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
    quiet = request.path in QUIET or request.endpoint == "static"
    logger.log(
        10 if quiet else 20,
        "request",
        extra={
            "method": request.method,
            "path": shown_path(),
            "status": response.status_code,
            "ms": took,
            "ip": client_ip(),
        },
    )
    return response


def shown_path() -> str:
    """The path for a log line; links carry their token in it, so a token's rule stands there."""
    rule = request.url_rule
    return rule.rule if rule is not None and "token" in rule.arguments else request.path


def allow_origins(response: Response) -> None:
    """CORS for the JSON families: only the origins of `CORS_ORIGIN`."""
    if api.family_of(request.path) is None:
        return
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    allowed = split(settings().cors_origin)
    if not origin or not (origin in allowed or "*" in allowed):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, DELETE, OPTIONS"
    response.headers["Access-Control-Allow-Headers"] = (
        "Content-Type, X-API-KEY, Authorization, Idempotency-Key, Prefer, If-None-Match"
    )
    response.headers["Access-Control-Expose-Headers"] = (
        "X-Request-Id, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining,"
        " X-RateLimit-Reset"
    )
    response.headers["Access-Control-Max-Age"] = "600"


def answer(error: Exception) -> Response:
    """The one error handler: every failure becomes its family's envelope, or a page."""
    if isinstance(error, HTTPException) and error.response is not None:
        return make_response(error.response)  # flask-openapi's refusal, already an answer
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return make_response(error.get_response())
    db.session.rollback()
    response = as_answer(as_hub_error(error))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def as_hub_error(error: Exception) -> HubError:
    if isinstance(error, HubError):
        return error
    if isinstance(error, HTTPException):
        return from_http(error)
    away = isinstance(error, PoolTimeout) or (
        isinstance(error, OperationalError) and is_away(error)
    )
    if away:
        logger.error("the database is away", extra={"error": str(error)[:300]})
        return Unavailable("The database is busy. Nothing was changed.", retry_after=5)
    logger.error("unexpected error", exc_info=error)
    return HubError("Something failed on our side. Nothing was changed.")


def from_http(error: HTTPException) -> HubError:
    status = error.code or 500
    if status == 404:
        return NotFound(WORDS[404][1])
    code, message = WORDS.get(status, ("INVALID_REQUEST" if status < 500 else "INTERNAL_ERROR", ""))
    return HubError(message or str(error.description), status=status, code=code)


def as_answer(error: HubError) -> Response:
    family = api.family_of(request.path)
    if family is None:
        response = web.error_page(error.status, error.message, error.retry_after)
    else:
        response = api.reply(family.problem(error), error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response

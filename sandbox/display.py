"""TikTok's Display API v2 (providers.md B): user/info, video/list, video/query."""

from typing import Any

from flask import Blueprint, request

from sandbox.box import Box
from sandbox.calls import Family, Refused, log_id, provider_call
from sandbox.fields import USER_COUNTS, USER_FIELDS, VIDEO_COUNTS, VIDEO_FIELDS, VIDEOS, Sight
from sandbox.log import Entry
from sandbox.tokens import ACCESS, Ticket
from sandbox.world import Video, magic

display = Blueprint("display", __name__)

TOKEN_INVALID = (
    401,
    "access_token_invalid",
    "The access token is invalid or not found in the request.",
)
SCOPE_MISSING = (
    401,
    "scope_not_authorized",
    "The user did not authorize the scope required for completing this request.",
)
PAGE_DEFAULT, PAGE_MOST = 10, 20


class DisplayFamily(Family):
    """Errors as an object beside `data`; the caller is known by the bearer token."""

    counted = True
    errors = {
        "429": (429, "rate_limit_exceeded", "The API rate limit was exceeded. Try again later."),
        "500": (
            500,
            "internal_error",
            "The server failed. Try again later.",
        ),
        "503": (503, "internal_error", "The service is not available. Try again later."),
        "token_invalid": TOKEN_INVALID,
        "invalid_grant": TOKEN_INVALID,
        "scope_missing": SCOPE_MISSING,
    }

    def caller(self, box: Box, entry: Entry) -> Ticket | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        ticket = box.sealer.read(ACCESS, token) if scheme.lower() == "bearer" else None
        entry.handle = ticket.handle if ticket else None
        return ticket

    def refusal(self, box: Box, refused: Refused) -> tuple[dict[str, Any], int]:
        error = {"code": refused.code, "message": refused.message, "log_id": log_id(box)}
        if refused.code == "scope_not_authorized":
            return {"error": error}, refused.status
        return {"data": {}, "error": error}, refused.status


FAMILY = DisplayFamily()


def invalid(message: str) -> Refused:
    return Refused(400, "invalid_params", message)


def look(box: Box, ticket: Ticket | None) -> Sight:
    """Who asks, and what they look at; refuses tokens that are not good (any more)."""
    instant = box.now()
    if ticket is None or ticket.expires <= instant or box.ledger.is_removed(ticket):
        raise Refused(*TOKEN_INVALID)
    if "missing" in magic(ticket.handle):
        raise Refused(*TOKEN_INVALID)
    account = box.world.account(ticket.handle)
    return Sight(box, ticket, account, instant, account.attention(instant))


def asked_fields(known: dict[str, Any]) -> list[str]:
    """The `fields` of the query; all three calls demand it."""
    names = [name for name in request.args.get("fields", "").split(",") if name]
    if not names:
        raise invalid("The parameter 'fields' is missing or empty.")
    if unknown := [name for name in names if name not in known]:
        raise invalid(f"Field name '{unknown[0]}' in the parameter 'fields' is not valid.")
    return names


def asked_body() -> dict[str, Any]:
    """The JSON object of a POST; nothing at all counts as {}."""
    raw = request.get_data()
    body = request.get_json(force=True, silent=True) if raw.strip() else {}
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    return body


def whole(body: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    """A whole number of the body within bounds."""
    value = body.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise invalid(f"The parameter '{name}' is not valid.")
    return value


def success(box: Box, data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    return {"data": data, "error": {"code": "ok", "message": "", "log_id": log_id(box)}}, 200


def describe(sight: Sight, video: Video, names: list[str]) -> dict[str, object]:
    """One video with exactly the asked fields."""
    row = {name: VIDEO_FIELDS[name](sight, video) for name in names}
    for name, count in zip(VIDEO_COUNTS, video.counts_at(sight.passed), strict=True):
        if name in row:
            row[name] = count
    return row


@display.get("/v2/user/info/")
@provider_call("user/info", FAMILY)
def user_info(box: Box, entry: Entry, ticket: Ticket | None) -> tuple[dict[str, Any], int]:
    """The account of the token, with exactly the asked fields."""
    sight = look(box, ticket)
    names = asked_fields(USER_FIELDS)
    if any(USER_FIELDS[name][0] not in sight.ticket.scopes for name in names):
        raise Refused(*SCOPE_MISSING)
    user = {name: USER_FIELDS[name][1](sight) for name in names}
    if not user.keys().isdisjoint(USER_COUNTS):
        counts = sight.account.counts_at(sight.instant)
        user.update((n, c) for n, c in zip(USER_COUNTS, counts, strict=True) if n in user)
    return success(box, {"user": user})


@display.post("/v2/video/list/")
@provider_call("video/list", FAMILY)
def video_list(box: Box, entry: Entry, ticket: Ticket | None) -> tuple[dict[str, Any], int]:
    """Public videos, newest first; the cursor is in milliseconds, create_time in seconds."""
    sight = look(box, ticket)
    names, body = asked_fields(VIDEO_FIELDS), asked_body()
    cursor = whole(body, "cursor", 0, 0, 2**63 - 1)
    most = whole(body, "max_count", PAGE_DEFAULT, 1, PAGE_MOST)
    if VIDEOS not in sight.ticket.scopes:
        raise Refused(*SCOPE_MISSING)
    before = cursor / 1000 if cursor else float("inf")
    found = sight.account.public(sight.instant, before)
    page = found[: -most - 1 : -1]
    rows = [describe(sight, video, names) for video in page]
    cursor = page[-1].created * 1000 if page else cursor
    return success(box, {"videos": rows, "cursor": cursor, "has_more": len(found) > most})


@display.post("/v2/video/query/")
@provider_call("video/query", FAMILY)
def video_query(box: Box, entry: Entry, ticket: Ticket | None) -> tuple[dict[str, Any], int]:
    """The asked videos of this account; ids that are not its public ones are left out."""
    sight = look(box, ticket)
    names, body = asked_fields(VIDEO_FIELDS), asked_body()
    filters = body.get("filters")
    ids = filters.get("video_ids") if isinstance(filters, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= PAGE_MOST:
        raise invalid("The parameter 'filters.video_ids' must hold 1 to 20 ids.")
    if not all(isinstance(video_id, str) for video_id in ids):
        raise invalid("The parameter 'filters.video_ids' must hold strings.")
    if VIDEOS not in sight.ticket.scopes:
        raise Refused(*SCOPE_MISSING)
    found = [sight.account.find(video_id, sight.instant) for video_id in dict.fromkeys(ids)]
    return success(box, {"videos": [describe(sight, video, names) for video in found if video]})

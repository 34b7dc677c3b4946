"""The sandbox's own addresses: world, log, faults. The real provider has nothing like them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from flask import Blueprint, Response, request

from sandbox.box import Box, the_box
from sandbox.faults import NAMES
from sandbox.history import histories, instants, totals
from sandbox.settings import SCOPES
from sandbox.webhook import removal, send_event
from sandbox.world import MAGIC, magic

control = Blueprint("control", __name__)

DEFAULT_SCOPES = ("user.info.basic", "user.info.stats", "video.list")
SUMS = ("follower_count", "likes_count", "video_count")
PUBLIC_SUMS = ("videos", "views", "likes", "comments", "shares")
MOST_DAYS = 1000


class NotUnderstood(ValueError):
    """A request to the control addresses that makes no sense."""


def answer(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status=status, content_type="application/json")


def lines(rows: Iterable[Any]) -> Response:
    """NDJSON, one object per line, sent while it is made."""

    def parts() -> Iterator[bytes]:
        for row in rows:
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)

    return Response(parts(), content_type="application/x-ndjson")


@control.errorhandler(NotUnderstood)
def bad_request(error: NotUnderstood) -> Response:
    return answer({"error": str(error)}, 400)


def asked() -> dict[str, Any]:
    """The JSON object of a POST (nothing counts as {})."""
    body = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise NotUnderstood("send a JSON object")
    return body


def parameter(name: str, default: str = "") -> str:
    """From the query or, for long lists, from a form body."""
    return request.values.get(name, default)


def asked_handles() -> list[str]:
    """`handles=a,b`, lower-cased, each once."""
    found = [part.strip().lower() for part in parameter("handles").split(",")]
    handles = [handle for handle in dict.fromkeys(found) if handle]
    if not handles:
        raise NotUnderstood("handles=a,b,c is missing")
    return handles


def asked_instant(box: Box, name: str) -> datetime:
    """ISO 8601 of the query (no zone: UTC), else now."""
    text = parameter(name)
    if not text:
        return datetime.fromtimestamp(box.now(), UTC)
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise NotUnderstood(f"{name} must be ISO 8601") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def asked_time() -> timedelta | None:
    """`at=HH:MM`, the time of day of each row of a history."""
    text = parameter("at")
    if not text:
        return None
    try:
        moment = datetime.strptime(text, "%H:%M")
    except ValueError:
        raise NotUnderstood("at must be HH:MM") from None
    return timedelta(hours=moment.hour, minutes=moment.minute)


@control.get("/")
def show_index() -> Response:
    """What this is, for whoever opens it in a browser."""
    box = the_box()
    return answer(
        {
            "what": "Hub's sandbox: speaks like TikTok's Login Kit and Display API",
            "read": "sandbox/README.md",
            "now": datetime.fromtimestamp(box.now(), UTC).isoformat(),
            "anchor": datetime.fromtimestamp(box.world.anchor, UTC).date().isoformat(),
            "magic": sorted(MAGIC),
            "faults": sorted(NAMES),
        }
    )


@control.get("/_health")
def show_health() -> Response:
    return answer({"status": "ok"})


@control.route("/_world/history", methods=["GET", "POST"])
def show_history() -> Response:
    """One line per account; parameters handles, days, until, at, zone (README.md)."""
    box = the_box()
    handles, until = asked_handles(), asked_instant(box, "until")
    try:
        days = int(parameter("days", "90"))
        zone = ZoneInfo(parameter("zone", "UTC"))
    except (ValueError, OSError, KeyError):
        raise NotUnderstood("days must be a number, zone a name like Asia/Jakarta") from None
    if not 1 <= days <= MOST_DAYS:
        raise NotUnderstood(f"days must be 1 to {MOST_DAYS}")
    when = instants(until.astimezone(zone), days, asked_time())
    return lines(histories(box, handles, when))


@control.route("/_world/totals", methods=["GET", "POST"])
def show_totals() -> Response:
    """Per account and in sum, at `at` (ISO 8601, default now)."""
    box = the_box()
    moment = asked_instant(box, "at")
    known = [handle for handle in asked_handles() if "missing" not in magic(handle)]
    rows = {handle: totals(box, handle, moment.timestamp()) for handle in known}
    sums = {name: sum(row[name] for row in rows.values()) for name in SUMS + PUBLIC_SUMS}
    return answer({"at": moment.isoformat(), "accounts": rows, "sum": sums})


@control.post("/_world/grants")
def make_grants() -> Response:
    """Token pairs as `/v2/oauth/token/` gives them, plus `handle`; all scopes are ticked.

    `{"handles": ["a", …] or {"a": ["user.info.basic", …]}, "client_key"?, "scopes"?}`
    """
    box, body = the_box(), asked()
    if body.get("client_key", box.settings.client_key) != box.settings.client_key:
        raise NotUnderstood("client_key is not this sandbox's")
    handles, usual = body.get("handles"), body.get("scopes", DEFAULT_SCOPES)
    if isinstance(handles, list):
        handles = dict.fromkeys(handles, usual)
    if not isinstance(handles, dict) or not all(isinstance(name, str) for name in handles):
        raise NotUnderstood("handles must be a list of names or an object name -> scopes")
    grants, missing = [], []
    for name, scopes in handles.items():
        handle = name.lower()
        if "missing" in magic(handle):
            missing.append(handle)
            continue
        if not isinstance(scopes, list | tuple) or not set(scopes) <= set(SCOPES):
            raise NotUnderstood(f"unknown scope for {handle}")
        grants.append({"handle": handle, **box.pair(box.consent(handle, tuple(scopes)))})
    return answer({"grants": grants, "missing": missing})


@control.post("/_world/remove")
def remove_authorization() -> Response:
    """`{"handle"}`: the owner takes the authorization away; every token of theirs is dead."""
    box, handle = the_box(), str(asked().get("handle", "")).lower()
    if not handle:
        raise NotUnderstood("handle is missing")
    box.ledger.remove(handle, box.now())
    return answer({"removed": handle, "open_id": box.open_id(handle)})


@control.post("/_world/webhook")
def push_webhook() -> Response:
    """Sends a signed `authorization.removed` to `url`; the tokens are dead when it arrives.

    `{"url", "handle", "reason": 0-5, "times"?: 1, "remove"?: true, "age"?: 0, "secret"?}`:
    `age` seconds make the signature old, another `secret` makes it wrong.
    """
    box, body = the_box(), asked()
    handle, url, reason = (
        str(body.get("handle", "")).lower(),
        body.get("url"),
        body.get("reason", 1),
    )
    if not handle or not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise NotUnderstood("handle and an http(s) url are needed")
    if reason not in range(6):
        raise NotUnderstood("reason is 0 to 5")
    if body.get("remove", True):
        box.ledger.remove(handle, box.now())
    event = removal(box, handle, reason)
    secret = str(body.get("secret", box.settings.client_secret))
    sent = [
        send_event(url, event, secret, int(box.now()) - int(body.get("age", 0)))
        for _ in range(min(int(body.get("times", 1)), 10))
    ]
    return answer({"event": event, "sent": sent})


@control.get("/_log")
def show_log() -> Response:
    """NDJSON of the calls after number `since` (0), of one `endpoint` if named."""
    since = parameter("since", "0")
    if not since.isdecimal():
        raise NotUnderstood("since is the n of an entry")
    return lines(the_box().log.since(int(since), parameter("endpoint")))


@control.get("/_log/summary")
def show_summary() -> Response:
    box = the_box()
    return answer({"quota": box.settings.quota, **box.log.summary(box.settings.window_seconds)})


@control.post("/_log/reset")
def reset_log() -> Response:
    """Forget the log; with `?quota=1` also what the windows have counted."""
    the_box().log.reset()
    if parameter("quota") in ("1", "true"):
        the_box().quota.reset()
    return answer({"reset": "log"})


@control.get("/_faults")
def show_faults() -> Response:
    return answer({"faults": the_box().faults.listing()})


@control.post("/_faults")
def add_fault() -> Response:
    """One rule (see faults.Fault), or `{"faults": [rule, …]}`."""
    body = asked()
    wanted = body.get("faults", [body])
    try:
        for rule in wanted:
            the_box().faults.add(rule)
    except (ValueError, TypeError) as error:
        raise NotUnderstood(str(error)) from None
    return answer({"faults": the_box().faults.listing()}, 201)


@control.post("/_faults/reset")
def reset_faults() -> Response:
    """Drop all rules; wakes calls that hang."""
    the_box().faults.reset()
    return answer({"faults": []})

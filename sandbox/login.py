"""TikTok's Login Kit (providers.md A): consent page, token, revoke."""

import re
from base64 import urlsafe_b64decode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox.box import Box, the_box
from sandbox.calls import Family, Refused, log_id, provider_call
from sandbox.captions import shop_name
from sandbox.log import Entry
from sandbox.settings import SCOPES
from sandbox.tokens import ACCESS, CLIENT, CODE, REFRESH, Ticket, new_grant
from sandbox.world import magic

login = Blueprint("login", __name__)

BASIC = "user.info.basic"
HANDLE = re.compile(r"[a-z0-9._-]{1,50}")
FORM = "application/x-www-form-urlencoded"
WORDS = {
    "user.info.basic": "Read your profile info (avatar, display name)",
    "user.info.profile": "Read your additional profile info (bio, username, verified badge)",
    "user.info.stats": "Read your profile engagement statistics (likes, followers, videos)",
    "video.list": "Read your public videos on TikTok",
    "video.publish": "Post content to TikTok",
    "video.upload": "Share content to your TikTok account as a draft",
}


class OauthFamily(Family):
    """Errors flat, `error` a string; the caller is known by the code or token in the form."""

    counted = False
    errors = {
        "429": (429, "temporarily_unavailable", "Too many requests. Try again later."),
        "500": (500, "server_error", "The server could not process the request."),
        "503": (503, "temporarily_unavailable", "The service is not available."),
        "token_invalid": (400, "invalid_grant", "The token is invalid or expired."),
        "invalid_grant": (400, "invalid_grant", "The token is invalid or expired."),
        "scope_missing": (400, "invalid_scope", "The scope is not valid."),
    }

    def caller(self, box: Box, entry: Entry) -> Ticket | None:
        form = request.form
        entry.kind = form.get("grant_type", "")[:40]
        for kind, name in ((REFRESH, "refresh_token"), (CODE, "code"), (ACCESS, "token")):
            if ticket := box.sealer.read(kind, form.get(name, "")):
                entry.handle = ticket.handle
                return ticket
        return None

    def refusal(self, box: Box, refused: Refused) -> tuple[dict[str, Any], int]:
        status = refused.status
        if status < 429 and box.settings.oauth_error_status == 200:
            status = 200
        body = {"error": refused.code, "error_description": refused.message}
        return {**body, "log_id": log_id(box)}, status


FAMILY = OauthFamily()


def invalid_request(message: str) -> Refused:
    return Refused(400, "invalid_request", message)


def invalid_grant(message: str) -> Refused:
    return Refused(400, "invalid_grant", message)


def asked_scopes() -> list[str]:
    return list(dict.fromkeys(s for s in request.args.get("scope", "").split(",") if s))


def challenge(box: Box) -> bytes:
    """The SHA-256 behind `code_challenge` (hex; base64url only by switch); empty without one."""
    text = request.args.get("code_challenge", "")
    if not text:
        return b""
    if request.args.get("code_challenge_method", "S256") != "S256":
        raise invalid_request("code_challenge_method")
    if re.fullmatch(r"[0-9a-f]{64}", text):
        return bytes.fromhex(text)
    if box.settings.pkce_base64url and re.fullmatch(r"[A-Za-z0-9_-]{43}", text):
        return urlsafe_b64decode(text + "=")
    raise invalid_request("code_challenge")


def check_authorize(box: Box) -> None:
    """Refuse what TikTok shows its own error page for: nothing goes back to the app."""
    if request.args.get("client_key") != box.settings.client_key:
        raise Refused(400, "client_key", "The app does not exist or its client_key is wrong.")
    if not box.may_return_to(request.args.get("redirect_uri", "")):
        raise Refused(400, "redirect_uri", "The redirect_uri is not one the app has registered.")
    unknown = [scope for scope in asked_scopes() if scope not in box.settings.app_scopes]
    if unknown or BASIC not in asked_scopes():
        wrong = ", ".join(unknown) or f"{BASIC} is missing"
        raise Refused(400, "scope", f"The app may not ask for this scope: {wrong}.")
    challenge(box)


def back(**query: str) -> AnyResponse:
    """Back to the app, with its state."""
    address = request.args["redirect_uri"]
    if "state" in request.args:
        query["state"] = request.args["state"]
    return redirect(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", 302)


def guess_handle() -> str:
    """The store code in the state (`<store_code>_<nonce>_<signature>`), as first proposal."""
    parts = request.args.get("state", "").rsplit("_", 2)
    handle = parts[0].lower() if len(parts) == 3 else ""
    return handle if HANDLE.fullmatch(handle) else ""


def page(box: Box, status: int = 200, **more: Any) -> Response:
    """The consent page; `problem` names what to correct, `refused` replaces the form."""
    handle = request.form.get("handle", guess_handle())
    context = {
        "handle": handle,
        "name": shop_name(handle, 0) if handle else "",
        "scopes": [(scope, WORDS[scope]) for scope in asked_scopes() if scope in WORDS],
        "ticked": request.form.getlist("scopes") or asked_scopes(),
        "basic": BASIC,
        "app": box.settings.client_key,
        **more,
    }
    return Response(render_template("authorize.html", **context), status=status)


@login.route("/v2/auth/authorize/", methods=["GET", "POST"])
def authorize() -> AnyResponse:
    """GET: the page on which a person chooses. POST (same query): handle, scopes, decision.

    decision=agree|refuse. No `scopes` in the form at all means all that were asked for.
    """
    box = the_box()
    entry = box.log.arrive("authorize")
    entry.kind = request.method
    try:
        response = decide(box, entry)
    except Refused as problem:
        entry.code = problem.code
        response = page(box, problem.status, refused=problem)
    finally:
        box.log.leave(entry)
    entry.status = response.status_code
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none';"
        " frame-ancestors 'none'"
    )
    return response


def decide(box: Box, entry: Entry) -> AnyResponse:
    """What the authorize address answers."""
    check_authorize(box)
    if request.args.get("response_type") != "code":
        return back(error="unsupported_response_type", error_description="response_type")
    if request.method == "GET":
        return page(box)
    handle = entry.handle = request.form.get("handle", "").strip().lower().lstrip("@")
    if request.form.get("decision") != "agree":
        return back(error="access_denied", error_description="User did not authorize the request")
    if not HANDLE.fullmatch(handle):
        return page(box, 422, problem="Use 1 to 50 letters, digits, dots, hyphens, underscores.")
    if "missing" in magic(handle):
        return page(box, 422, problem="There is no account with this name.")
    return back(**grant_code(box, handle))


def grant_code(box: Box, handle: str) -> dict[str, str]:
    """A code for the consent just given; bound to the redirect_uri and the challenge."""
    asked = asked_scopes()
    ticked = {BASIC, *(request.form.getlist("scopes") or asked)}
    consent = box.consent(handle, tuple(scope for scope in asked if scope in ticked))
    bound = sha256(request.args["redirect_uri"].encode()).digest() + challenge(box)
    code = Ticket(
        consent.handle,
        consent.scopes,
        0,
        box.now() + box.settings.code_seconds,
        consent.consented,
        consent.grant,
        bound,
    )
    return {"code": box.sealer.write(CODE, code), "scopes": code.scope}


def check_client(box: Box) -> None:
    """Key and secret of the app, in a form body as the manual wants it."""
    if request.mimetype != FORM:
        raise invalid_request("Only 'application/x-www-form-urlencoded' is accepted.")
    key, secret = request.form.get("client_key"), request.form.get("client_secret")
    if not key or not secret:
        raise invalid_request("The request parameters are malformed: client_key, client_secret.")
    if (key, secret) != (box.settings.client_key, box.settings.client_secret):
        raise Refused(401, "invalid_client", "Client key or secret is incorrect.")


@login.post("/v2/oauth/token/")
@provider_call("oauth/token", FAMILY)
def token(box: Box, entry: Entry, ticket: Ticket | None) -> tuple[dict[str, Any], int]:
    """authorization_code, refresh_token or client_credentials."""
    check_client(box)
    if entry.kind == "authorization_code":
        return spend_code(box, box.sealer.read(CODE, request.form.get("code", ""))), 200
    if entry.kind == "refresh_token":
        return turn(box, box.sealer.read(REFRESH, request.form.get("refresh_token", ""))), 200
    if entry.kind == "client_credentials":
        nobody = Ticket("", (), 0, box.now() + box.settings.access_seconds, 0.0, new_grant())
        text = box.sealer.write(CLIENT, nobody)
        seconds = box.settings.access_seconds
        return {"access_token": text, "expires_in": seconds, "token_type": "Bearer"}, 200
    raise Refused(400, "unsupported_grant_type", "The grant_type is not supported.")


def spend_code(box: Box, code: Ticket | None) -> dict[str, object]:
    """The first pair of a consent; a code works once, for its redirect_uri and verifier only."""
    if code is None or code.expires <= box.now() or box.ledger.is_removed(code):
        raise invalid_grant("Authorization code is expired or invalid.")
    bound, expected = code.extra[:32], code.extra[32:]
    if sha256(request.form.get("redirect_uri", "").encode()).digest() != bound:
        raise invalid_request("Redirect_uri is not matched with the uri when requesting code.")
    verifier = request.form.get("code_verifier", "")
    if expected and sha256(verifier.encode()).digest() != expected:
        raise invalid_grant("Code verifier or code challenge is invalid.")
    if not box.ledger.use_code(code.grant):
        raise invalid_grant("Authorization code is expired or invalid.")
    return box.pair(code)


def turn(box: Box, current: Ticket | None) -> dict[str, object]:
    """The next pair of a consent; the refresh token that was given is dead from now on."""
    dead = invalid_grant("Refresh token is invalid or expired.")
    if current is None or current.expires <= box.now() or box.ledger.is_removed(current):
        raise dead
    issue = box.ledger.rotate(current)
    if issue is None:
        raise dead
    return box.pair(current, issue)


@login.post("/v2/oauth/revoke/")
@provider_call("oauth/revoke", FAMILY)
def revoke(box: Box, entry: Entry, ticket: Ticket | None) -> tuple[None, int]:
    """Takes the app's authorization away; the body of success is empty."""
    check_client(box)
    if ticket is None:
        raise invalid_request("The token is invalid or not found in the request.")
    box.ledger.remove(ticket.handle, box.now())
    return None, 200


assert set(WORDS) == set(SCOPES)

"""Connecting a TikTok account: the pages that people see on the way (spec 003, OAuth Flow)."""

import re

from flask import Blueprint, Response, request

from hub import api
from hub.access import access, settings
from hub.crypto import new_token
from hub.db import db
from hub.errors import (
    Conflict,
    Forbidden,
    HubError,
    Invalid,
    Misconfigured,
    NotFound,
    ProviderError,
)
from hub.language import person
from hub.request_cycle import limit
from hub.stores.accounts import Connected
from hub.stores.consents import accept_state, revoke, start_consent
from hub.stores.handover import (
    Pending,
    drop_pending,
    find_pending,
    replace_account,
    start_first_sync,
    take_account,
)
from hub.stores.links import find_link, open_link
from hub.stores.models import Store
from hub.stores.permits import NO_CODE, refuse_stranger
from hub.stores.stores import find_store
from hub.stores.wording import SCOPE_WORDS, provider_words
from hub.text import _
from hub.web import allow_forms_to, redirect_to, render

blueprint = Blueprint("connect", __name__)
oauth = Blueprint("oauth", __name__)  # with /auth/url these share one limit
limit("oauth_rate_limit")(oauth)

COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# used, revoked, expired and unknown links are one and the same page
LINK_OVER = "This link was already used or is over. Ask for a new one."
SECRET = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@oauth.get("/connect/tiktok")
@access("public", writes=True)
def connect_store() -> Response:
    """Lead an owner to TikTok; without a store code ask for it."""
    code = request.args.get("store_code")
    browser = this_browser()
    try:
        store = find_allowed((code or "").strip())
        if store is None:
            return ask_for_code(code)
        address = start_consent(store, browser=browser, actor=acting())
    except (Forbidden, Misconfigured) as error:
        return closed(error)
    answer = api.success({"authUrl": address}) if api.prefers_json() else redirect_to(address)
    return bind(answer, browser)


def find_allowed(code: str) -> Store | None:
    """The store that may be connected; None when it must be asked for or is not there."""
    refuse_stranger(code)
    try:
        return find_store(code) if code else None
    except NotFound:
        if api.family_of(request.path):
            raise
        return None


def ask_for_code(code: str | None) -> Response:
    """The page that asks; 400 when the form came back empty, 404 for a code that no store has."""
    if api.family_of(request.path):
        raise Invalid(NO_CODE)
    problem, status = "", 200
    if code is not None and not code.strip():
        problem, status = _("Enter the code of your store."), 400
    elif code is not None:
        problem, status = _("No store has this code."), 404
    allow_forms_to(settings().tiktok_auth_url)
    return render("stores/connect_ask.html", status=status, code=code or "", problem=problem)


def closed(error: HubError) -> Response:
    """A door that does not open, in words for the person before it; JSON callers get theirs."""
    if api.family_of(request.path):
        raise error
    db.session.rollback()
    return render("stores/connect_closed.html", status=error.status, problem=_(error.message))


def acting() -> str:
    user = person()
    return str(user.email) if user else ""


def cookie_name() -> str:
    return "__Host-connect" if settings().secure else f"connect_{settings().port}"


def this_browser() -> str:
    """The random value that binds a state to this browser: the one it has, else a new one."""
    return known_browser() or new_token()


def known_browser() -> str:
    value = request.cookies.get(cookie_name(), "")
    return value if COOKIE.fullmatch(value) else ""


def bind(answer: Response, browser: str) -> Response:
    answer.set_cookie(
        cookie_name(),
        browser,
        max_age=settings().state_ttl_seconds,
        path="/",
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@oauth.get("/auth/tiktok/callback")
@access("public", writes=True)
def finish_connect() -> Response:
    """TikTok sends the owner back here."""
    try:
        answer = take_answer()
    except ProviderError as error:
        answer = failed(provider_words(error))
    except HubError as error:
        answer = failed(_(error.message), error.status)
    answer.headers.update(SECRET)
    return answer


def take_answer() -> Response:
    """The state is used up first, whatever else the answer says."""
    consent = accept_state(request.args.get("state", ""), known_browser())
    if refusal := request.args.get("error"):
        return failed(refusal_words(refusal, request.args.get("error_description", "")))
    code = request.args.get("code", "")
    if not code:
        raise Invalid("Missing authorization code")
    done = take_account(consent, code)
    if isinstance(done, Pending):
        return redirect_to(f"/connect/tiktok/confirm/{done.token}")
    return connected(done)


def refusal_words(error: str, description: str) -> str:
    """What TikTok said instead of a code. Their text is shown as text, short."""
    if error == "access_denied":
        return _("Access was not allowed on TikTok")
    return (description or error)[:200]


def connected(done: Connected) -> Response:
    missing = [SCOPE_WORDS.get(scope, scope) for scope in done.missing]
    return render("stores/connect_done.html", done=done, lacking=missing)


def failed(message: str, status: int = 400) -> Response:
    """The spec's error page: 400, or 500 where the fault is ours."""
    db.session.rollback()
    status = status if status >= 500 else 400
    return render("stores/connect_failed.html", status=status, problem=message)


@blueprint.get("/c/<token>")
@access("public")
def show_link(token: str) -> Response:
    """Which store a link connects; looking uses nothing up (previews of messengers look too)."""
    found = find_link(token)
    if found is None:
        return closed(NotFound(LINK_OVER))
    link, store = found
    allow_forms_to(settings().tiktok_auth_url)
    asked = [SCOPE_WORDS.get(scope, scope) for scope in settings().scopes]
    page = render("stores/connect_link.html", link=link, store=store, asked=asked)
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.post("/c/<token>")
@access("public")
def follow_link(token: str) -> Response:
    """On to TikTok. The link is used up when the account is connected, not before."""
    found, browser = find_link(token), this_browser()
    if found is None:
        return closed(NotFound(LINK_OVER))
    link, store = found
    open_link(link)
    actor = acting() or "connect link"
    try:
        address = start_consent(store, browser=browser, link=token, actor=actor)
    except Misconfigured as error:
        return closed(error)
    return bind(redirect_to(address), browser)


@blueprint.get("/connect/tiktok/confirm/<token>")
@access("public")
def ask_replace(token: str) -> Response:
    """Another account for a connected store: the present one stays until somebody says yes."""
    try:
        _pending, store, account = find_pending(token)
    except NotFound as error:
        return closed(error)
    page = render("stores/connect_confirm.html", store=store, account=account)
    page.headers["Cache-Control"] = "no-store"
    return page


@blueprint.post("/connect/tiktok/confirm/<token>")
@access("public")
def answer_replace(token: str) -> Response:
    if request.form.get("decision") == "replace":
        return say_yes(token)
    if request.form.get("decision") != "keep":
        raise Invalid(_("Choose whether to replace the account or to keep it."))
    try:
        store, access_token = drop_pending(token)
    except NotFound as error:
        return closed(error)
    revoke(access_token)
    return render("stores/connect_kept.html", store_code=store)


def say_yes(token: str) -> Response:
    try:
        done = replace_account(token)
    except Conflict as error:
        return failed(_(error.message))
    except NotFound as error:
        return closed(error)
    revoke(done.former_access)
    start_first_sync(done.store_code, acting())
    return connected(done)


blueprint.register_blueprint(oauth)

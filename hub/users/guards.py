"""The two guards of every route: a browser session opens pages, an X-API-KEY opens `/admin/*`.

Wired by `init_users`; `hub/request_cycle.py` finds them in `app.extensions["guards"]`. Also the
check of every form: a token of the session and no foreign `Origin`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask_login import LoginManager, login_user, logout_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError

from hub.access import ROLES_OF, client_ip, settings
from hub.api import family_of
from hub.clock import now
from hub.db import db, set_reading
from hub.errors import Forbidden, TooMany, Unauthorized
from hub.language import person
from hub.log import logger
from hub.text import _
from hub.users.audit import record
from hub.users.blocks import blocked_seconds, count_failure
from hub.users.keys import find_key, mark_used
from hub.users.models import User
from hub.users.sessions import SEEN_EVERY, find_session, mark_seen, start_session
from hub.web import redirect_to

NO_KEY = "Missing or invalid API key"
csrf = CSRFProtect()


def init_users(app: Flask) -> None:
    """Cookies, login, form checks and both guards."""
    config = app.extensions["settings"]
    app.config.update(
        # one name per port: two Hubs on one machine do not log each other out
        SESSION_COOKIE_NAME="__Host-hub" if config.secure else f"hub_{config.port}",
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_PROTECTION=None,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,  # checked here, where the family is known
        WTF_CSRF_SSL_STRICT=False,  # Origin is checked instead of Referer
    )
    LoginManager(app).user_loader(load_person)
    csrf.init_app(app)
    app.extensions["guards"] = {"session": guard_session, "key": guard_key}
    app.before_request(check_form)


def load_person(token: str) -> User | None:
    """flask-login asks: who has this session token? Its row is kept in `g.browser`."""
    found = find_session(token)
    if found is None:
        return None
    g.browser, user = found
    if g.browser.seen_at < now() - SEEN_EVERY:
        after_answer(mark_seen, g.browser.token_digest)
    return user


def log_in(user: User) -> None:
    """Log this browser in under a new session id; the caller commits."""
    token = start_session(user, request.user_agent.string, client_ip())
    session.clear()
    g.pop("csrf_token", None)
    user.session_token = token
    login_user(user)
    record("login", subject=user.email)


def log_out() -> None:
    """Forget this browser; its row must have been ended."""
    logout_user()
    session.clear()


def guard_session(level: str) -> Response | None:
    """Anonymous people go to the login; others need a role that may."""
    user = person()
    if user is None:
        here = request.full_path.rstrip("?")
        return redirect_to(f"/login?next={quote(here, safe='/')}")
    if user.role not in ROLES_OF.get(level, ()):
        logger.warning("refused by role", extra={"user": user.id, "path": request.path})
        raise Forbidden("")
    return None


def guard_key(level: str) -> Response | None:
    """`/admin/*` needs a key; clients of the other families bring their own guard."""
    if level == "client" or check_key() is None:
        raise Unauthorized(NO_KEY)
    return None


def check_key() -> str | None:
    """The name of the key that was sent, also in `g.actor`; None when none was sent.

    A wrong key counts towards the block of its address: `Unauthorized`, then `TooMany`.
    """
    given = request.headers.get("X-API-KEY")
    if not given:
        return None
    subject = f"key:{client_ip()}"
    refuse_beyond(blocked_seconds(subject))
    found = find_key(given)
    if found is None:
        refuse_key(subject)
    else:
        g.actor = found.name
        if found.note:
            after_answer(mark_used, found.note)
    return found.name if found else None


def refuse_key(subject: str) -> None:
    set_reading(False)  # also a GET keeps the count
    db.session.rollback()
    beyond = count_failure(subject)
    record("key_refused", "failure", subject=client_ip(), by="anonymous")
    db.session.commit()
    refuse_beyond(beyond)
    raise Unauthorized(NO_KEY)


def refuse_beyond(seconds: int) -> None:
    if seconds:
        raise TooMany("Too many requests", retry_after=seconds)


def check_form() -> None:
    """Every unsafe request to a page carries its session's token and comes from our own pages."""
    if request.endpoint is None or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if family_of(request.path) and not request.path.startswith("/connect/"):
        return  # opened by keys, never by cookies
    if csrf._is_exempt():
        return
    try:
        csrf.protect()
    except CSRFError:
        refuse_form("token")
    if not is_own_origin(request.headers.get("Origin", "")):
        refuse_form("origin")


def is_own_origin(origin: str) -> bool:
    """Whether a form came from a page of ours. Pages with a token in their address send no
    referrer, and browsers then say `null`: their Sec-Fetch-Site tells whose page it was."""
    if origin == "null":
        return request.headers.get("Sec-Fetch-Site") == "same-origin"
    return not origin or urlsplit(origin).netloc in own_hosts()


def own_hosts() -> tuple[str, str]:
    return request.host, urlsplit(settings().public_url).netloc


def refuse_form(why: str) -> None:
    logger.warning("form refused", extra={"why": why, "path": request.path})
    raise Forbidden(_("This form is no longer valid. Open the page again and send it once more."))


def after_answer(write: Callable[..., None], *what: Any) -> None:
    """Write something small when the answer has been sent: requests that read write nothing."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def add(response: Response) -> Response:
        response.call_on_close(partial(write_later, app, write, *what))
        return response


def write_later(app: Flask, write: Callable[..., None], *what: Any) -> None:
    with app.app_context():
        set_reading(False)
        try:
            write(*what)
        except SQLAlchemyError as error:  # a note, not a fact: the next request tries again
            logger.info("not noted", extra={"error": str(error)[:200]})

"""People's pages: login, one-time links, a forgotten password, one's own account."""

import re

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from hub.access import access, client_ip, settings
from hub.db import db
from hub.errors import Invalid
from hub.language import cookie_name, person
from hub.text import LANGUAGES, _, language, ngettext
from hub.users import guards, mail
from hub.users.audit import record
from hub.users.forms import ForgotForm, LoginForm, NewPasswordForm, PasswordForm, PreferencesForm
from hub.users.invites import accept_invite, find_invite
from hub.users.models import User
from hub.users.people import ask_password, authenticate, change_password, home_of
from hub.users.sessions import browser_word, end_session, end_sessions, list_sessions
from hub.web import redirect_to, render, toast

blueprint = Blueprint("users", __name__)
A_YEAR = 31_536_000
OWN_PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]*")


def own_path(url: str | None) -> str | None:
    """`url` when it is a path of this application that can be opened, else None."""
    if not url or not OWN_PATH.fullmatch(url):
        return None
    try:
        current_app.url_map.bind("").match(url.split("?")[0], method="GET")
    except RequestRedirect:
        return url
    except HTTPException:
        return None
    return url


def me() -> User:
    """Who is logged in; the guard has made sure that somebody is."""
    found: User = person()._get_current_object()  # the row, not flask-login's proxy of it
    return found


@blueprint.route("/login", methods=["GET", "POST"])
@access("public")
def login() -> Response:
    if user := person():
        return redirect_to(wished() or home_of(user))
    form, status, wrong = LoginForm(), 200, ""
    if form.validate_on_submit():
        user = authenticate(form.email.data, form.password.data, client_ip())
        if user:
            return enter(user)
        status, wrong = 401, _("Email or password is not right.")
    elif form.is_submitted():
        status = 422
    return render("users/login.html", status=status, form=form, wrong=wrong)


def wished() -> str | None:
    """Where the person wanted to go before the login came between."""
    return own_path(request.values.get("next"))


def enter(user: User) -> Response:
    """Log in and go where the person wanted to, else home."""
    target = wished() or home_of(user)
    guards.log_in(user)
    db.session.commit()
    return redirect_to(target)


@blueprint.route("/logout", methods=["POST"])
@access("public")
def logout() -> Response:
    if user := person():
        record("logout", subject=user.email)
        end_session(user, g.browser.public_id)
        db.session.commit()
    guards.log_out()
    return redirect_to("/login")


@blueprint.route("/i/<token>", methods=["GET", "POST"])
@access("public")
def accept(token: str) -> Response:
    """A one-time link. Opening it shows the form and uses nothing up."""
    _link, user = find_invite(token)
    form = NewPasswordForm(user.email)
    if form.validate_on_submit():
        return enter(accept_invite(token, form.password.data))
    status = 422 if form.is_submitted() else 200
    answer = render("users/invite.html", status=status, form=form, email=user.email)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@blueprint.route("/forgot", methods=["GET", "POST"])
@access("public")
def forgot() -> Response:
    """Says the same whether or not there is such an account, and takes as long."""
    form, sent = ForgotForm(), False
    mailing = bool(settings().mail_url)
    if mailing and form.validate_on_submit():
        ask_password(form.email.data, client_ip())
        db.session.commit()
        guards.after_answer(mail.send_reset, form.email.data)
        sent = True
    status = 422 if form.errors else 200
    return render("users/forgot.html", status=status, form=form, mailing=mailing, sent=sent)


@blueprint.route("/language", methods=["POST"])
@access("public")
def set_language() -> Response:
    """Switch the language and stay on the page."""
    wish, user = request.form.get("lang"), person()
    answer = redirect_to(own_path(request.form.get("next")) or "/")
    if wish in LANGUAGES:
        if user:
            user.locale = wish
            db.session.commit()
        keep_language(answer, wish)
    return answer


def keep_language(answer: Response, word: str) -> None:
    secure = settings().secure
    answer.set_cookie(
        cookie_name(), word, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax"
    )


@blueprint.route("/account", methods=["GET", "POST"])
@access("user")
def edit_account() -> Response:
    """Language and time zone here; password and browsers below have addresses of their own."""
    form = PreferencesForm(locale=me().locale or language(), timezone=me().timezone)
    if form.validate_on_submit():
        me().locale, me().timezone = form.locale.data, form.timezone.data
        record("update_account", subject=me().email)
        answer = redirect_to("/account")
        toast(_("Settings saved."))
        keep_language(answer, form.locale.data)
        db.session.commit()
        return answer
    return show_account(preferences=form, status=422 if form.is_submitted() else 200)


def show_account(
    preferences: PreferencesForm | None = None,
    passwords: PasswordForm | None = None,
    status: int = 200,
) -> Response:
    user = me()
    return render(
        "users/account.html",
        status=status,
        preferences=preferences
        or PreferencesForm(None, locale=user.locale or language(), timezone=user.timezone),
        passwords=passwords or PasswordForm(user.email, formdata=None),
        browsers=[(row, browser_word(row.agent)) for row in list_sessions(user)],
        here_id=g.browser.public_id,
    )


@blueprint.route("/account/password", methods=["GET", "POST"])
@access("user")
def edit_password() -> Response:
    """A new password ends every session of the account; this browser goes on with a new one."""
    form = PasswordForm(me().email)
    if not form.validate_on_submit():
        return show_account(passwords=form, status=422 if form.is_submitted() else 200)
    try:
        change_password(me(), form.current_password.data, form.password.data, client_ip())
    except Invalid as error:
        form[error.field or "password"].errors = [error.message]
        return show_account(passwords=form, status=422)
    guards.log_in(me())
    db.session.commit()
    toast(_("Password changed. Other browsers are logged out."))
    return redirect_to("/account")


@blueprint.route("/account/sessions/<public_id>/end", methods=["POST"])
@access("user")
def end_browser(public_id: str) -> Response:
    """End one browser's session; another person's is not found."""
    end_session(me(), public_id)
    record("end_session", subject=me().email)
    mine = public_id == g.browser.public_id
    db.session.commit()
    if mine:
        guards.log_out()
        return redirect_to("/login")
    toast(_("That browser is logged out."))
    return redirect_to("/account")


@blueprint.route("/account/sessions/end-others", methods=["POST"])
@access("user")
def end_other_browsers() -> Response:
    ended = end_sessions(me(), but=g.browser)
    record("end_session", subject=me().email, after={"ended": ended})
    db.session.commit()
    toast(ngettext("%(num)s other browser is logged out.",
                   "%(num)s other browsers are logged out.", ended))  # fmt: skip
    return redirect_to("/account")

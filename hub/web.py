"""Pages: one address, one template, two sizes; every htmx header is read or written here.

`render` gives the whole page, or only a block to htmx; `redirect_to` moves on; `toast` says what
was just done. `init_web` also sets the headers that every answer carries.
"""

import json
import mimetypes
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    get_flashed_messages,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from htmx_flask import Htmx

from hub import nav
from hub.access import settings
from hub.language import init_language, person
from hub.text import FILTERS, LANGUAGES, STATES, _, language, zone_note

MACROS = ("_ui.html", "_ui_form.html", "_ui_list.html", "_ui_chart.html")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'{forms}; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",  # csrf over https needs a Referer
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
A_YEAR = 31_536_000
STYLES = (
    "tokens", "base", "shell", "button", "status", "stats", "marks", "table", "list", "accounts",
    "form", "progress", "run", "notice", "dialog", "chart", "calendar", "alone", "print",
)  # fmt: skip
SCRIPTS = ("toast", "submit-on-change", "copy", "select", "dialog")
# errors are answered with a toast (error_page), forms that were refused with the form itself
HTMX = {
    "allowEval": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "timeout": 30_000,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "422", "swap": True},
        {"code": "[45]..", "swap": False, "error": True},
    ],
}


def is_htmx() -> bool:
    """Whether htmx asks, be it for a fragment or for a whole page."""
    return bool(request.htmx)  # type: ignore[attr-defined]


def wants_fragment() -> bool:
    hx = request.htmx  # type: ignore[attr-defined]
    return bool(hx) and not hx.boosted and not hx.history_restore_request


def render(template: str, block: str | None = None, status: int = 200, **ctx: Any) -> Response:
    """The page, or only its `block` where htmx asked for a fragment.

    The block's element carries the block's name as id and replaces itself (outerHTML).
    """
    if block and wants_fragment():
        current_app.update_template_context(ctx)
        page = current_app.jinja_env.get_template(template)
        text = current_app.jinja_env.concat(page.blocks[block](page.new_context(ctx)))
    else:
        text = render_template(template, **ctx)
    answer = make_response(text, status)
    answer.vary.add("HX-Request")
    return answer


def redirect_to(url: str) -> Response:
    """303 to an address of ours or of a provider; htmx is told to load it as a whole page."""
    if not is_htmx():
        return make_response(redirect(url, 303))
    answer = make_response("", 204)
    answer.headers["HX-Redirect"] = url
    return answer


def toast(
    message: str,
    kind: str = "done",
    *,
    undo: str | None = None,
    link: tuple[str, str] | None = None,
) -> None:
    """Say what was just done, on this answer or on the page that follows a redirect.

    `kind`: done, info or failed; `undo`: address that a POST takes back; `link`: (label, address).
    """
    note = {"message": message, "kind": kind, "undo": undo, "link": link}
    g.setdefault("toasts", []).append(note)


def toasts() -> list[Any]:
    """Every toast that waits, once: of this request and of the one before."""
    kept = g.get("toasts", [])[:]
    g.toasts = []
    return [*get_flashed_messages(category_filter=["toast"]), *kept]


def allow_forms_to(*urls: str) -> None:
    """Let forms of this page end at a provider: browsers hold `form-action` against redirects."""
    g.form_targets = [*g.get("form_targets", []), *urls]


def url_with(**changes: Any) -> str:
    """The present address with other query values; None drops one."""
    query = {**request.args.to_dict(flat=False), **{k: [v] for k, v in changes.items()}}
    kept = {k: [v for v in vs if v not in (None, "")] for k, vs in query.items()}
    return url_for(str(request.endpoint), **{**(request.view_args or {}), **kept})


def error_page(status: int, message: str = "", retry_after: int | None = None) -> Response:
    """The page of a refusal; for htmx a toast, the page stays as it was."""
    g.plain = status >= 500
    if wants_fragment():
        toasts()
        toast(message or _("This did not work. Nothing was changed."), "failed")
        answer = make_response("", status)
        answer.headers["HX-Reswap"] = "none"
    else:
        answer = render("errors/error.html", status=status, code=status, message=message)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def init_web(app: Flask) -> None:
    """Wire pages into the application. `app.extensions["settings"]` must be there."""
    root = Path(app.root_path).parent
    mimetypes.add_type("font/woff2", ".woff2")
    Htmx(app)
    init_language(app, root / "translations")
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        url_with=url_with, address=nav.address, sprite=sprite, STATES=STATES
    )
    app.context_processor(page_context)
    app.url_defaults(version_static)
    app.after_request(carry_toasts)
    app.after_request(secure)


def page_context() -> dict[str, Any]:
    """What every template finds: `ui`, `me`, `lang`, `other_lang`, `nav()`, `toasts()`."""
    me, lang = person(), language()
    role = getattr(me, "role", None)
    return {
        "ui": macros(),
        "me": me,
        "lang": lang,
        "languages": LANGUAGES,
        "other_lang": "id" if lang == "en" else "en",
        "nav": lambda: nav.shown(role),
        "foot_links": lambda: nav.foot(role),
        "here": here,
        "zone": zone_note,
        "styles": STYLES,
        "scripts": SCRIPTS,
        "htmx_config": json.dumps(HTMX),
        "toasts": toasts,
        "request_id": g.get("request_id", ""),
    }


def here() -> str:
    """Path and query of this page."""
    return request.full_path.rstrip("?")


def sprite() -> str:
    """Address of the drawings, once per page (a list shows hundreds of them)."""
    if "sprite" not in g:
        g.sprite = url_for("static", filename="img/icons.svg")
    return str(g.sprite)


def macros() -> SimpleNamespace:
    """All macros of the `_ui*.html` files under one name."""
    pages = [current_app.jinja_env.get_template(name).module for name in MACROS]
    return SimpleNamespace(**{k: v for page in pages for k, v in vars(page).items() if k[0] != "_"})


def version_static(endpoint: str, values: dict[str, Any]) -> None:
    """`?v=` of the content, so that a file may be kept for ever and a change is seen at once."""
    name = str(values.get("filename", ""))
    if endpoint != "static" or name.startswith("vendor/"):
        return
    seen = current_app.extensions.setdefault("static_versions", {})
    path = Path(str(current_app.static_folder)) / name
    if path.is_file():
        changed = path.stat().st_mtime_ns
        if seen.get(name, (0, ""))[0] != changed:
            seen[name] = (changed, f"{crc32(path.read_bytes()):08x}")
        values["v"] = seen[name][1]


def carry_toasts(response: Response) -> Response:
    """Toasts that no template has shown: by header to htmx, by the session over a redirect."""
    waiting = g.get("toasts", [])
    if not waiting:
        return response
    if 300 <= response.status_code < 400 or "HX-Redirect" in response.headers:
        for note in waiting:
            flash(note, "toast")
    elif is_htmx():
        response.headers["HX-Trigger"] = json.dumps({"toast": {"items": waiting}})
    return response


def secure(response: Response) -> Response:
    targets = {f"{url.scheme}://{url.netloc}" for url in map(urlsplit, g.get("form_targets", []))}
    forms = "".join(f" {target}" for target in sorted(targets))
    response.headers.setdefault("Content-Security-Policy", CSP.format(forms=forms))
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if settings().public_url.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={A_YEAR}")
    if request.endpoint == "static":
        versioned = "v" in request.args or request.path.startswith("/static/vendor/")
        kept = f"public, max-age={A_YEAR}, immutable" if versioned else "no-cache"
        response.headers["Cache-Control"] = kept
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = (
            "no-store" if "_login_user" in g else "private, no-cache"
        )
    return response

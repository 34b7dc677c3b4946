"""Which language and time zone an answer is written in, and where its words come from.

Account, else cookie, else Accept-Language, else English. `translations/<language>/LC_MESSAGES/
messages.po` is read as it is: there is no compiled file that could be missing or stale.
"""

import io
from pathlib import Path
from typing import Any

import flask_babel
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request

from hub.access import settings
from hub.text import LANGUAGES, language


def cookie_name() -> str:
    """The language's cookie; `__Host-` keeps other hosts' hands off it where there is https."""
    return "__Host-lang" if settings().secure else "lang"


class Catalogue(flask_babel.Domain):
    """The texts of one folder, each language read once per process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder), "messages")
        self.folder = folder

    def get_translations(self) -> Any:
        word = language()
        if word not in self.cache:
            self.cache[word] = self.read(self.folder / word / "LC_MESSAGES" / "messages.po")
        return self.cache[word]

    @staticmethod
    def read(path: Path) -> NullTranslations:
        if not path.exists():
            return Translations()
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file))
        compiled.seek(0)
        return Translations(compiled)


def person() -> Any:
    """Who is logged in, or None.

    Nobody is looked up while the page of a 5xx is made: the database may be what failed.
    """
    if not has_request_context() or not hasattr(current_app, "login_manager"):
        return None
    if g.get("plain") and "_login_user" not in g:
        return None
    from flask_login import current_user

    return current_user if current_user.is_authenticated else None


def pick_locale() -> str:
    """`?lang=` (public pages, which set no cookie), account, cookie, browser, English."""
    if not has_request_context():
        return "en"
    for wish in (request.args.get("lang"), getattr(person(), "locale", None), kept_language()):
        if wish in LANGUAGES:
            return str(wish)
    return request.accept_languages.best_match([*LANGUAGES], "en")


def kept_language() -> str | None:
    return request.cookies.get(cookie_name())


def pick_zone() -> str:
    """The reader's zone; `TZ` of the installation for everybody else."""
    return str(getattr(person(), "timezone", None) or settings().tz)


def init_language(app: Flask, folder: Path) -> None:
    babel = flask_babel.Babel(app, locale_selector=pick_locale, timezone_selector=pick_zone)
    babel.domain_instance = Catalogue(folder)

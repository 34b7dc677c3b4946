"""Forms of people's pages. Labels and messages are in both languages."""

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from hub.text import LANGUAGES, lazy_gettext
from hub.users.passwords import LONGEST, SHORTEST, problem_with

HOME_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


def filled(message: Any) -> DataRequired:
    return DataRequired(message)


class LoginForm(FlaskForm):
    email = EmailField(
        lazy_gettext("Email"),
        [filled(lazy_gettext("Type your email address.")), Length(max=255)],
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [filled(lazy_gettext("Type your password.")), Length(max=LONGEST)],
    )


class NewPasswordForm(FlaskForm):
    """Sets a password; `email` is what it may not resemble."""

    password = PasswordField(
        lazy_gettext("New password"),
        [filled(lazy_gettext("Type a new password."))],
        description=lazy_gettext(
            "At least %(count)s characters. A short sentence works well.", count=SHORTEST
        ),
    )

    def __init__(self, email: str = "", **given: Any) -> None:
        super().__init__(**given)
        self.email = email

    def validate_password(self, field: Any) -> None:
        if problem := problem_with(field.data or "", self.email):
            raise ValidationError(problem)


class PasswordForm(NewPasswordForm):
    """Changes a password: the present one first."""

    current_password = PasswordField(
        lazy_gettext("Present password"),
        [filled(lazy_gettext("Type your present password.")), Length(max=LONGEST)],
    )


class ForgotForm(FlaskForm):
    email = StringField(
        lazy_gettext("Email"),
        [filled(lazy_gettext("Type your email address.")), Length(max=255)],
    )


def languages() -> list[SelectChoice]:
    return [SelectChoice(word, name) for word, name in LANGUAGES.items()]


@cache
def zone_names() -> tuple[str, ...]:
    """IANA names, Indonesia's first."""
    rest = sorted(name for name in available_timezones() if "/" in name)
    others = (name for name in rest if name not in HOME_ZONES and not name.startswith("Etc/"))
    return (*HOME_ZONES, "UTC", *others)


def zones() -> list[SelectChoice]:
    return [SelectChoice(name, name.replace("_", " ")) for name in zone_names()]


class PreferencesForm(FlaskForm):
    locale = SelectField(lazy_gettext("Language"), choices=languages)
    timezone = SelectField(lazy_gettext("Time zone"), choices=zones)

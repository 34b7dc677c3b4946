"""The form of a store. Its rules are those of `hub.stores.stores`, with messages for people."""

from collections.abc import Callable
from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import Optional, ValidationError

from hub.errors import Invalid
from hub.stores.models import Store
from hub.stores.stores import CHECKS
from hub.text import lazy_gettext

WORDS: dict[str, Any] = {
    "store_code": lazy_gettext("Use 1 to 50 letters, figures, hyphens or underscores, no spaces."),
    "store_name": lazy_gettext("Give the store a name of 1 to 255 characters."),
    "pic_name": lazy_gettext("Name the person in charge, 1 to 255 characters."),
    "pic_contact": lazy_gettext("Use at most 255 characters."),
    "tags": lazy_gettext("Use at most 20 tags of up to 50 characters, without |."),
}
EXISTS = lazy_gettext("Another store, perhaps an archived one, already has this code.")


def split_tags(text: str | None) -> list[str]:
    """Tags as they are typed, separated by commas."""
    return [tag.strip() for tag in (text or "").split(",") if tag.strip()]


def checked(name: str) -> Callable[[Any, Any], None]:
    """The rule of a column as a validator."""

    def check(form: Any, field: Any) -> None:
        value = split_tags(field.data) if name == "tags" else field.data or ""
        try:
            CHECKS[name](value)
        except Invalid:
            raise ValidationError(WORDS[name]) from None

    return check


class StoreForm(FlaskForm):
    """A new store."""

    store_code = StringField(
        lazy_gettext("Code"),
        [checked("store_code")],
        description=lazy_gettext("Short and lasting, such as JKT-001. It cannot be changed later."),
    )

    store_name = StringField(lazy_gettext("Name of the store"), [checked("store_name")])
    pic_name = StringField(lazy_gettext("Person in charge (PIC)"), [checked("pic_name")])
    pic_contact = StringField(
        lazy_gettext("Contact of the PIC"),
        [Optional(), checked("pic_contact")],
        description=lazy_gettext("A WhatsApp number or an email address."),
    )
    tags = StringField(
        lazy_gettext("Tags"),
        [Optional(), checked("tags")],
        description=lazy_gettext("Region, brand, kind of goods; separated by commas."),
    )

    def given(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        names = [name for name in CHECKS if name in self and name != "tags"]
        found: dict[str, Any] = {name: self[name].data or "" for name in names}
        return found | {"tags": split_tags(self.tags.data)}


class ChangeForm(StoreForm):
    """What can be changed later; the code cannot."""

    store_code = None

    @classmethod
    def of(cls, store: Store) -> "ChangeForm":
        """The form as it is filled in at first."""
        return cls(
            store_name=store.store_name,
            pic_name=store.pic_name,
            pic_contact=store.pic_contact,
            tags=", ".join(store.tags),
        )

"""What a person in charge is sent with a connect link, ready for WhatsApp, in both languages."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from flask_babel import force_locale

from hub.stores.lines import Line
from hub.stores.links import NewLink
from hub.text import LANGUAGES, _, day_word, local, when

PHONE = re.compile(r"\+?[\d\s().-]{8,20}")


@dataclass(frozen=True)
class Message:
    """A text in one language; `whatsapp` opens it there, addressed, where a number is known."""

    language: str
    name: str
    text: str
    whatsapp: str


@dataclass(frozen=True)
class Sendable:
    """A link as it is shown once, with its messages."""

    line: Line
    link: NewLink
    messages: list[Message]


def write_messages(line: Line, link: NewLink) -> Sendable:
    """The link of a store with its text in each language."""
    found = []
    for word, name in LANGUAGES.items():
        with force_locale(word):
            text = write(line, link)
        found.append(Message(word, name, text, whatsapp(line.row.pic_contact, text)))
    return Sendable(line, link, found)


def write(line: Line, link: NewLink) -> str:
    words = {
        "pic": line.row.pic_name,
        "store": line.row.store_name,
        "url": link.url,
        "until": when(link.expires_at),
    }
    if line.row.trouble == "not_connected":
        text = _("Hi %(pic)s, the TikTok account of %(store)s is not connected yet."
                 " Tap to connect it, 20 seconds: %(url)s", **words)  # fmt: skip
    elif line.row.state == "stopped" and line.row.status_since:
        words["day"] = day_word(local(line.row.status_since).date())
        text = _("Hi %(pic)s, TikTok access of %(store)s ended on %(day)s."
                 " Tap to allow it again, 20 seconds: %(url)s", **words)  # fmt: skip
    else:
        text = _("Hi %(pic)s, the report of %(store)s needs your permission on TikTok once more."
                 " Tap to allow it, 20 seconds: %(url)s", **words)  # fmt: skip
    return text + " " + _("(works once, until %(until)s)", **words)


def whatsapp(contact: str | None, text: str) -> str:
    """The address that opens WhatsApp with the text; "" without a phone number."""
    if not contact or not PHONE.fullmatch(contact.strip()):
        return ""
    figures = re.sub(r"\D", "", contact)
    if figures.startswith("0"):  # a number as it is dialled in Indonesia
        figures = "62" + figures[1:]
    return f"https://wa.me/{figures}?text={quote(text)}"

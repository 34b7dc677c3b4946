"""The navigation: rooms say what they have, a page shows what exists for the reader's role.

    nav.add("network", _("Stores"), "stores.list_stores", "store", STAFF, order=20)

A label is lazy text; an entry whose endpoint is not part of the application is left out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from werkzeug.routing import BuildError

from hub.text import lazy_gettext

STAFF = ("admin", "ops")
EVERY_STAFF = ("admin", "ops", "store")
INFLUENCER = ("influencer",)

# "me" has no heading: on a phone it is the bottom bar
GROUPS: dict[str, Any] = {
    "network": lazy_gettext("Network"),
    "data": lazy_gettext("Data for others"),
    "control": lazy_gettext("Control"),
    "me": "",
    "foot": "",  # the last line of a staff page
}

SIDE = ("network", "data", "control", "me")


@dataclass(frozen=True)
class Entry:
    group: str
    label: Any
    endpoint: str
    icon: str
    roles: tuple[str, ...]
    order: int = 50
    bottom: bool = True  # of the influencer's list: stays in the bottom bar of a phone
    count: Callable[[], int] | None = None


@dataclass(frozen=True)
class Link:
    """An entry as a page draws it."""

    label: str
    url: str
    icon: str
    current: bool
    bottom: bool
    count: int


_entries: dict[str, Entry] = {}


def add(
    group: str,
    label: Any,
    endpoint: str,
    icon: str,
    roles: tuple[str, ...] = STAFF,
    *,
    order: int = 50,
    bottom: bool = True,
    count: Callable[[], int] | None = None,
) -> None:
    """Put a page into the navigation; saying it twice changes nothing."""
    if group not in GROUPS:
        raise ValueError(f"unknown group {group}")
    _entries[endpoint] = Entry(group, label, endpoint, icon, roles, order, bottom, count)


def shown(role: str | None, names: Iterable[str] = SIDE) -> list[tuple[str, list[Link]]]:
    """Groups of links for a role, each with its heading; empty groups are left out."""
    found = [
        (entry, url)
        for entry in sorted(_entries.values(), key=lambda entry: entry.order)
        if role in entry.roles and (url := address(entry.endpoint))
    ]
    here = max((url for _, url in found if holds(url, request.path)), key=len, default="")
    groups = []
    for name in names:
        links = [draw(entry, url, here) for entry, url in found if entry.group == name]
        if links:
            groups.append((str(GROUPS[name]), links))
    return groups


def foot(role: str | None) -> list[Link]:
    """The links of the last line: system, documentation."""
    return [link for name, links in shown(role, ("foot",)) for link in links]


def draw(entry: Entry, url: str, here: str) -> Link:
    count = entry.count() if entry.count else 0
    return Link(str(entry.label), url, entry.icon, url == here, entry.bottom, count)


def address(endpoint: str, **values: Any) -> str:
    """The address of an endpoint, "" where the application does not have it."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


def holds(url: str, path: str) -> bool:
    return path == url or path.startswith(url.rstrip("/") + "/")

"""Who may call a route. Every route carries one mark; a route without one is refused.

`@access("public" | "user" | "store" | "ops" | "admin" | "client")` only marks; one
`before_request` (`hub/__init__.py`) checks it, before anything of the request is validated.
Pages are opened by a browser session, `/admin/*` JSON by an X-API-KEY: neither opens the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, TypeVar

from flask import current_app, request

from hub.config import Settings, split

View = TypeVar("View", bound=Callable[..., Any])

LEVELS = ("public", "user", "store", "ops", "admin", "client")
ROLES_OF = {
    "user": ("influencer", "store", "ops", "admin"),
    "store": ("store", "ops", "admin"),
    "ops": ("ops", "admin"),
    "admin": ("admin",),
}


@dataclass(frozen=True)
class Mark:
    level: str
    writes: bool  # a GET that stores something: it may not begin a read-only transaction


def access(level: str, *, writes: bool = False) -> Callable[[View], View]:
    """Mark a view with who may call it. `writes=True` only for a GET that stores something."""
    if level not in LEVELS:
        raise ValueError(f"unknown level {level}")

    def mark(view: View) -> View:
        view.access = Mark(level, writes)  # type: ignore[attr-defined]
        return view

    return mark


def mark_of(endpoint: str | None) -> Mark | None:
    """The mark of a route's view; None for routes that have none (they are refused)."""
    view = current_app.view_functions.get(endpoint or "")
    return getattr(view, "access", None)


def settings() -> Settings:
    """The settings of the running application."""
    found: Settings = current_app.extensions["settings"]
    return found


def client_ip() -> str:
    """The caller's address: forwarded headers count only from `TRUSTED_PROXIES`."""
    peer = request.remote_addr or "0.0.0.0"
    trusted = [ip_network(part, strict=False) for part in split(settings().trusted_proxies)]
    hops = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    for hop in reversed([hop for hop in hops if hop]):
        if not any(is_in(peer, network) for network in trusted):
            break
        peer = hop
    return peer


def is_in(address: str, network: Any) -> bool:
    try:
        return ip_address(address) in network
    except ValueError:
        return False

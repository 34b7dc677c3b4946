"""The audit trail: who did what, from where, with what outcome. Rows are only ever added."""

from typing import Any

import click
from flask import g, has_request_context

from hub.access import client_ip
from hub.crypto import redact, redact_fields
from hub.db import db
from hub.language import person
from hub.users.models import Log


def actor() -> str:
    """Who acts: a person's email, a key's name, "anonymous"; "cli" or "hub" outside requests."""
    if not has_request_context():
        return "cli" if click.get_current_context(silent=True) else "hub"
    if named := g.get("actor"):
        return str(named)
    return str(getattr(person(), "email", "anonymous"))


def record(
    action: str,
    status: str = "success",
    *,
    message: str | None = None,
    subject: str | None = None,
    before: Any = None,
    after: Any = None,
    platform: str | None = None,
    by: str | None = None,
    user_id: str | None = None,
) -> Log:
    """Add a row in the caller's transaction, without secrets. `action` is a verb_noun.

    `subject` is what was acted on (an email, a store code), `before` and `after` what changed,
    `by` and `user_id` other than the present actor.
    """
    asked = has_request_context()
    changed = {"before": before, "after": after} if (before, after) != (None, None) else None
    row = Log(
        user_id=user_id or (getattr(person(), "id", None) if asked and not by else None),
        platform=platform,
        action=action,
        status=status,
        message=redact(message) if message else None,
        request_payload=redact_fields(changed),
        ip_address=client_ip() if asked else None,
        actor=by or actor(),
        subject=subject[:320] if subject else None,
        request_id=g.get("request_id") if asked else None,
    )
    db.session.add(row)
    return row

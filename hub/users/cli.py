"""Commands of the users room: people (`users`) and admin keys (`keys`)."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask.cli import with_appcontext

from hub.clock import iso
from hub.db import db
from hub.errors import HubError
from hub.users import invites, keys, people
from hub.users.models import ROLES


def verb(command: Callable[..., None]) -> Callable[..., None]:
    """Run in one transaction; a refusal is one clear line and exit code 1."""

    @with_appcontext
    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
            db.session.commit()
        except HubError as error:
            db.session.rollback()
            raise click.ClickException(error.message) from None

    return run


@click.group("users")
def users() -> None:
    """People who can log in. Example: flask --app wsgi users list"""


@users.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(ROLES), help="What the person may do.")
@click.option("--store", "stores", multiple=True, metavar="CODE", help="Role store: their store.")
@click.option("--tag", "tags", multiple=True, help="Role store: every store with this tag.")
@click.option("--name", default="", help="Name that is shown.")
@click.option("--password", help="Set it now; else a one-time link is printed.")
@verb
def add_user(
    email: str,
    role: str,
    stores: tuple[str, ...],
    tags: tuple[str, ...],
    name: str,
    password: str | None,
) -> None:
    """Add a person. Without --password prints a link that sets it, once, for 7 days.

    Example: flask --app wsgi users add sari@example.com --role store --store JKT001
    """
    user = people.create_user(email, role, name=name, stores=stores, tags=tags, password=password)
    click.echo(f"added {user.email}" if password else invites.make_invite(user))


@users.command("list")
@verb
def list_users() -> None:
    """List people: email, role, state, last login. Example: flask --app wsgi users list"""
    for user in people.list_users():
        state = "active" if user.active else "disabled"
        if user.active and not user.password_hash:
            state = "invited"
        seen = iso(user.last_login_at) or "never"
        click.echo(f"{user.email}  {user.role}  {state}  last login {seen}")


@users.command("disable")
@click.argument("email")
@verb
def disable_user(email: str) -> None:
    """Switch an account off; its browsers are logged out at once.

    Example: flask --app wsgi users disable sari@example.com
    """
    people.disable_user(people.find_user(email))
    click.echo(f"disabled {email}")


@users.command("enable")
@click.argument("email")
@verb
def enable_user(email: str) -> None:
    """Switch an account on again. Example: flask --app wsgi users enable sari@example.com"""
    people.enable_user(people.find_user(email))
    click.echo(f"enabled {email}")


@users.command("link")
@click.argument("email")
@verb
def make_link(email: str) -> None:
    """Print a new one-time link with which this person sets a password (to be passed on).

    Example: flask --app wsgi users link sari@example.com
    """
    click.echo(invites.make_invite(people.find_user(email)))


@users.command("first-link")
@verb
def print_first_link() -> None:
    """Print the first admin's one-time link; nothing once there are people.

    Example: flask --app wsgi users first-link
    """
    if link := invites.first_link():
        click.echo(f"First admin ({invites.FIRST_ADMIN}), one-time link: {link}")


@click.group("keys")
def key_group() -> None:
    """Named keys of /admin/*. Example: flask --app wsgi keys list"""


@key_group.command("add")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
@verb
def add_key(name: str, as_json: bool) -> None:
    """Make a key and show it once: id, name, key. Example: flask --app wsgi keys add cashier"""
    row, text = keys.create_key(name)
    shown = {"id": row.id, "name": row.name, "key": text}
    click.echo(json.dumps(shown) if as_json else "  ".join(shown.values()))


@key_group.command("list")
@verb
def list_keys() -> None:
    """List keys: id, name, state, last use. Example: flask --app wsgi keys list"""
    for row in keys.list_keys():
        state = "revoked" if row.revoked_at else "active"
        click.echo(f"{row.id}  {row.name}  {state}  last used {iso(row.last_used_at) or 'never'}")


@key_group.command("revoke")
@click.argument("name_or_id", metavar="NAME-or-ID")
@verb
def revoke_key(name_or_id: str) -> None:
    """Make a key useless, at once. Example: flask --app wsgi keys revoke cashier"""
    click.echo(f"revoked {keys.revoke_key(name_or_id).name}")


commands: list[click.Command] = [users, key_group]

"""The service itself: `/`, health, API documents, and commands of the ground floor."""

import click
from flask import Blueprint
from flask.cli import with_appcontext
from flask_openapi import APIBlueprint

from hub.db import ForeignTables, migrate

api = APIBlueprint("service_api", __name__)
pages = Blueprint("service", __name__)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database to the newest schema. Example: flask --app wsgi migrate"""
    try:
        migrate()
    except ForeignTables as error:
        raise click.ClickException(str(error)) from None


commands: list[click.Command] = [migrate_command]

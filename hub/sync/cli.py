"""Commands: `sync run`, `rollups rebuild|check`, `demo load|sync`."""

import json

import click
from flask.cli import AppGroup

from hub.db import begin
from hub.errors import HubError
from hub.sync import demo, rollups, runs
from hub.sync.models import JOBS
from hub.work import LIVE

sync = AppGroup("sync", help="Start and follow syncs.")
rollup = AppGroup("rollups", help="Rebuild or check what is computed from the facts.")
demo_group = AppGroup("demo", help="The demo's people, stores and history.")


@sync.command("run")
@click.option("--job", type=click.Choice(JOBS), default="all", show_default=True)
@click.option("--store", "store_code", help="One store's code; all stores without it.")
@click.option("--wait", type=float, default=900.0, show_default=True, help="Seconds; 0 returns.")
def run(job: str, store_code: str | None, wait: float) -> None:
    """Start a sync and wait. Example: flask --app wsgi sync run --job user --store JKT-001"""
    try:
        run_id = (
            runs.start_store(store_code, job, "cli", "cli")
            if store_code
            else runs.start(job, trigger="cli", actor="cli")
        )
        ended = runs.wait(run_id, wait)
    except HubError as error:
        raise click.ClickException(error.message) from None
    if ended.state in LIVE and wait:
        raise click.ClickException(f"run {run_id} is still {ended.state} after {wait:g} s")
    click.echo(json.dumps({"run": run_id, "state": ended.state, **(ended.totals or {})}))
    if ended.outcome == "failed":
        raise click.ClickException(f"every store of run {run_id} failed")


@rollup.command("rebuild")
def rebuild() -> None:
    """Make all rollups again from the facts. Example: flask --app wsgi rollups rebuild"""
    with begin() as connection:
        stores = runs.all_stores(connection)
    for store in stores:
        with begin() as connection:
            rollups.rebuild_store(connection, store)
    with begin() as connection:
        days = rollups.all_days(connection)
        for day in days:
            rollups.recompute_day_total(connection, day)
    click.echo(f"{len(stores)} stores and {len(days)} days were rebuilt")


@rollup.command("check")
def check() -> None:
    """Compare rollups with the facts. Example: flask --app wsgi rollups check"""
    with begin() as connection:
        stores = runs.all_stores(connection)
    found: list[str] = []
    for store in stores:
        with begin() as connection:
            found += rollups.differences(connection, store)
    for line in found[:50]:
        click.echo(line, err=True)
    if found:
        raise click.ClickException(f"{len(found)} differences; `rollups rebuild` mends them")
    click.echo(f"{len(stores)} stores: rollups and facts agree")


@demo_group.command("load")
@click.option("--sandbox", "sandbox_url", required=True, help="Address of the sandbox.")
@click.option("--stores", default=300, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 400))
def load(sandbox_url: str, stores: int, days: int) -> None:
    """Fill the database with the demo. Example: flask demo load --sandbox http://127.0.0.1:21900"""
    try:
        found = demo.load(sandbox_url, stores, days)
    except HubError as error:
        raise click.ClickException(error.message) from None
    click.echo(f"{stores} stores with {days} days of history, logins in demo.json", err=True)
    click.echo(found["base_url"])


@demo_group.command("sync")
def demo_sync() -> None:
    """Start a sync of all stores and return. Example: flask --app wsgi demo sync"""
    click.echo(runs.start("all", trigger="cli", actor="demo"))


commands: list[click.Command] = [sync, rollup, demo_group]

"""Sync as JSON (spec 003, Sync Operations; CONTRACT §4 for runs)."""

from typing import Annotated, Any, Literal

from flask import Response, request
from flask_openapi import APIBlueprint
from pydantic import Field, model_validator

from hub import api
from hub.access import access, settings
from hub.clock import iso
from hub.db import db
from hub.errors import HubError, NotFound
from hub.request_cycle import limit
from hub.stores import stores
from hub.stores.examples import answer, refusals
from hub.sync import examples, logs, progress, runs
from hub.sync.history import read_logs
from hub.sync.models import JOBS, RUN_STATES
from hub.sync.timetable import timetable
from hub.users.audit import actor, record
from hub.work import DONE, FAILED, LIVE

blueprint = APIBlueprint(
    "sync_api",
    __name__,
    abp_tags=[{"name": "Sync Operations"}],
    abp_security=[{"ApiKey": []}],
    abp_responses=refusals(401, 429),
)
limit("admin_rate_limit")(blueprint)

JOB_RULE = f"job must be one of: {', '.join(JOBS)}"


class RunBody(api.Strict):
    """What to sync: all stores and everything when empty."""

    store_code: str | None = Field(None, description="one store; all stores without it")
    job: str = Field("all", description="all | user | video | refresh_tokens")

    @model_validator(mode="before")
    @classmethod
    def check(cls, given: Any) -> Any:
        given = given or {}
        if given.get("job", "all") not in JOBS:
            raise ValueError(JOB_RULE)
        code = given.get("store_code")
        if code is not None and (not isinstance(code, str) or not code):
            raise ValueError("store_code must be a text that is not empty")
        return given


class LogQuery(api.Strict):
    store_code: str | None = Field(None, min_length=1, max_length=255)
    limit: Annotated[int, api.whole(1, 500, "limit")] = 50


class StoreLogQuery(api.Strict):
    limit: Annotated[int, api.whole(1, 500, "limit")] = 50


class StorePath(api.Strict):
    store_code: str


class RunPath(api.Strict):
    run_id: str


class RunQuery(api.Strict):
    state: Literal[RUN_STATES] | None = None  # type: ignore[valid-type]
    limit: Annotated[int, api.whole(1, 100, "limit")] = 50
    offset: Annotated[int, api.whole(0, 999_999_999, "offset")] = 0


def run_id_of(path: RunPath) -> int:
    """A malformed id is an id that is not there."""
    if not path.run_id.isascii() or not path.run_id.isdigit() or len(path.run_id) > 9:
        raise NotFound("Run not found")
    return int(path.run_id)


@blueprint.post(
    "/admin/sync/run",
    summary="Start a sync",
    responses={
        200: answer(examples.ALL_STORES),
        202: answer(examples.STARTED),
        **refusals(400, 404, 500),
    },
)
@access("admin")
def run_sync(body: RunBody) -> Response:
    """One store: its result. All stores: the totals, or 202 with the run's address when it takes
    longer than `SYNC_WAIT_SECONDS`, or at once with `Prefer: respond-async`."""
    if body.store_code is not None:
        store = stores.find_store(body.store_code)
        run_id = runs.start_store(store.store_code, body.job, "api", actor())
    else:
        run_id = runs.start(body.job, trigger="api", actor=actor())
    keep_audit("sync_run", body.store_code or "all stores", run=run_id, job=body.job)
    seconds = 0.0 if wants_no_wait() else settings().sync_wait_seconds
    run = runs.wait(run_id, seconds)
    if run.state in LIVE:
        return started(run_id, run.state)
    return one_store(run_id) if body.store_code is not None else api.success(run.totals)


def keep_audit(action: str, subject: str, **after: Any) -> None:
    record(action, subject=subject, after=after or None)
    db.session.commit()


def wants_no_wait() -> bool:
    preferences = request.headers.get("Prefer", "").lower().replace(" ", "").split(",")
    return "respond-async" in preferences


def started(run_id: int, state: str) -> Response:
    url = f"/admin/sync/runs/{run_id}"
    return api.reply(
        {"success": True, "data": {"run_id": run_id, "state": state, "status_url": url}},
        202,
        {"Location": url},
    )


def one_store(run_id: int) -> Response:
    """The spec's object; `success` is false when the store could not be tried at all."""
    run, item = runs.find(run_id), progress.item_of(run_id)
    if item.state == FAILED:
        raise HubError(item.message or "Sync operation failed", status=500, code="SYNC_FAILED")
    return api.success(
        {
            "success": item.state == DONE,
            "storeCode": run.store_code,
            "message": item.message,
            "duration": item.duration_ms or 0,
            "recordsProcessed": item.records,
            "runId": run_id,
        }
    )


@blueprint.get(
    "/admin/sync/status",
    summary="The schedule and its next runs",
    responses={200: answer(examples.STATUS)},
)
@access("admin")
def show_status() -> Response:
    config = settings()
    jobs = [
        {
            "name": line.name,
            "schedule": line.schedule,
            "nextRun": iso(line.next_run) if config.cron_enabled else None,
            "running": line.running,
        }
        for line in timetable()
    ]
    live = progress.live_runs()
    return api.success(
        {
            "enabled": config.cron_enabled,
            "timezone": config.tz,
            "jobs": jobs,
            "currentRun": live[0] if live else None,
        },
        etag=True,
    )


@blueprint.get(
    "/admin/sync/logs",
    summary="Lines of the sync log, newest first",
    responses={200: answer(examples.LOGS), **refusals(400, 404)},
)
@access("admin")
def list_logs(query: LogQuery) -> Response:
    code = (
        stores.find_store(query.store_code, archived=True).store_code if query.store_code else None
    )
    return log_lines(query.limit, code)


@blueprint.get(
    "/admin/stores/<store_code>/sync-logs",
    summary="Lines of one store's sync log, newest first",
    responses={200: answer(examples.LOGS), **refusals(400, 404)},
)
@access("admin")
def list_store_logs(path: StorePath, query: StoreLogQuery) -> Response:
    return log_lines(query.limit, stores.find_store(path.store_code).store_code)


def log_lines(limit: int, store_code: str | None) -> Response:
    lines = [logs.as_json(row) for row in read_logs(limit, store_code)]
    return api.success(lines, count=len(lines), etag=True)


@blueprint.get(
    "/admin/sync/runs",
    summary="Runs, newest first",
    responses={
        200: answer({"success": True, "data": [examples.RUN], "count": 1, "total": 1}),
        **refusals(400),
    },
)
@access("admin")
def list_runs(query: RunQuery) -> Response:
    found, total = progress.list_runs(query.limit, query.offset, query.state)
    return api.success(found, count=len(found), total=total, etag=True)


@blueprint.get(
    "/admin/sync/runs/<run_id>",
    summary="One run with its progress",
    responses={200: answer({"success": True, "data": examples.RUN}), **refusals(404)},
)
@access("admin")
def show_run(path: RunPath) -> Response:
    return api.success(progress.show(run_id_of(path)), etag=True)


@blueprint.post(
    "/admin/sync/runs/<run_id>/cancel",
    summary="Begin nothing new; stores in work are finished",
    responses={200: answer({"success": True, "data": examples.RUN}), **refusals(400, 404)},
)
@access("admin")
def cancel_run(path: RunPath) -> Response:
    run_id = run_id_of(path)
    runs.cancel(run_id, actor())
    keep_audit("cancel_run", f"run {run_id}")
    return api.success(progress.show(run_id), message="Cancelling: stores in work are finished")


@blueprint.post(
    "/admin/sync/runs/<run_id>/retry-failed",
    summary="A new run over the stores that failed",
    responses={202: answer(examples.STARTED), **refusals(400, 404)},
)
@access("admin")
def retry_failed(path: RunPath) -> Response:
    run_id = run_id_of(path)
    new_id = runs.retry_failed(run_id, actor())
    keep_audit("retry_run", f"run {run_id}", run=new_id)
    return started(new_id, runs.find(new_id).state)

"""Stores as JSON (spec 003, Store Management and Statistics)."""

from typing import Any

from flask import Response, request
from flask_openapi import APIBlueprint

from hub import api
from hub.access import access
from hub.clock import iso
from hub.db import reading
from hub.errors import Invalid
from hub.request_cycle import limit
from hub.stores import accounts, auth_api, examples, history, stores
from hub.stores.consents import revoke
from hub.stores.directory import as_line, directory_version, list_stores, show_line
from hub.stores.links import make_link
from hub.stores.queries import (
    HistoryQuery,
    ListQuery,
    NewStore,
    StoreChange,
    StorePath,
    StoreQuery,
)
from hub.stores.table import as_table
from hub.users.audit import actor

blueprint = APIBlueprint("stores_api", __name__)
admin = APIBlueprint(
    "admin_stores",
    __name__,
    abp_tags=[{"name": "Store Management"}],
    abp_security=[{"ApiKey": []}],
    abp_responses=examples.refusals(401, 429),
)
limit("admin_rate_limit")(admin)
CSV = "text/csv; charset=utf-8"


@admin.get(
    "/admin/stores",
    summary="List all stores with their connection status",
    responses={
        200: examples.answer({**examples.listed(examples.STORE), "total": 1}),
        **examples.refusals(400),
    },
)
@access("admin")
def get_stores(query: ListQuery) -> Response:
    """Unpaged without `limit`. `count` is the number returned, `total` all that match."""
    version = directory_version()
    if same := api.unchanged(version):
        return same
    rows, total = list_stores(query.wish())
    data = [as_line(row) for row in rows]
    return api.tagged(api.success(data, count=len(data), total=total), version)


@admin.post(
    "/admin/stores",
    summary="Create a new store",
    responses={201: examples.answer(examples.NEW_STORE), **examples.refusals(400, 409)},
)
@access("admin")
def post_store(body: NewStore) -> Response:
    """The code is unique whatever its case, also against archived stores."""
    code = stores.create_store(body.model_dump())
    with reading():
        line = as_line(show_line(code))
    kept = ("storeCode", "storeName", "picName", "picContact", "tags", "createdAt")
    return api.success(
        {name: line[name] for name in kept},
        status=201,
        message="Store created successfully",
        next_step=f"Connect TikTok account at: GET /connect/tiktok?store_code={code}",
    )


@admin.get(
    "/admin/stores/<store_code>",
    summary="Get single store details with latest statistics",
    responses={
        200: examples.answer({"success": True, "data": examples.STORE}),
        **examples.refusals(404),
    },
)
@access("admin")
def get_store(path: StorePath, query: StoreQuery) -> Response:
    line = as_line(show_line(path.store_code, archived=query.archived == "true"))
    return api.success(line, etag=True)


@admin.patch(
    "/admin/stores/<store_code>",
    summary="Change a store, or bring an archived one back",
    responses={
        200: examples.answer({"success": True, "data": examples.STORE, "message": "Store updated"}),
        **examples.refusals(400, 404),
    },
)
@access("admin")
def patch_store(path: StorePath, query: StoreQuery, body: StoreChange) -> Response:
    given = body.model_dump(exclude_unset=True)
    code = stores.change_store(path.store_code, given, archived=query.archived == "true")
    with reading():
        line = as_line(show_line(code, archived=True))
    return api.success(line, message="Store updated")


@admin.delete(
    "/admin/stores/<store_code>",
    summary="Archive a store; its history stays",
    responses={
        200: examples.answer(
            {"success": True, "data": examples.STORE, "message": "Store archived"}
        ),
        **examples.refusals(404),
    },
)
@access("admin")
def delete_store(path: StorePath) -> Response:
    """Afterwards 404, except with `?archived=true`; PATCH `archived: false` brings it back."""
    code = stores.archive_store(path.store_code)
    with reading():
        line = as_line(show_line(code, archived=True))
    return api.success(line, message="Store archived; its history stays")


@admin.get(
    "/admin/stores/<store_code>/accounts",
    summary="TikTok accounts connected to a store",
    responses={
        200: examples.answer(examples.listed(examples.ACCOUNT)),
        **examples.refusals(404),
    },
)
@access("admin")
def get_accounts(path: StorePath, query: StoreQuery) -> Response:
    store = stores.find_store(path.store_code, archived=query.archived == "true")
    data = accounts.list_accounts(store)
    return api.reply({"success": True, "data": data, "count": len(data)}, etag=True)


@admin.get(
    "/admin/stores/<store_code>/user-stats",
    tags=[{"name": "Statistics"}],
    summary="User statistics history for a store",
    responses={
        200: examples.answer(examples.listed(examples.USER_DAY), csv=True),
        **examples.refusals(400, 404),
    },
)
@access("admin")
def get_user_stats(path: StorePath, query: HistoryQuery) -> Response:
    """Newest first. `Accept: text/csv` or `?format=csv` gives CSV."""
    return answer_history(path, query, history.user_stats, history.USER_KEYS)


@admin.get(
    "/admin/stores/<store_code>/video-stats",
    tags=[{"name": "Statistics"}],
    summary="Video statistics for a store",
    responses={
        200: examples.answer(examples.listed(examples.VIDEO_DAY), csv=True),
        **examples.refusals(400, 404),
    },
)
@access("admin")
def get_video_stats(path: StorePath, query: HistoryQuery) -> Response:
    """Newest day first, a row per video and day. CSV as above."""
    return answer_history(path, query, history.video_stats, history.VIDEO_KEYS)


def answer_history(path: StorePath, query: HistoryQuery, read: Any, keys: list[str]) -> Response:
    """Rows of a store as JSON or CSV; 304 before they are read when nothing is new."""
    store, version = history.find_version(path.store_code, archived=query.archived == "true")
    if same := api.unchanged(version):
        return same
    data = read(store, query.days)
    if not wants_table(query):
        return api.tagged(api.success(data, count=len(data)), version)
    name = f"{store.store_code}-{read.__name__.replace('_', '-')}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    text = as_table(keys, data)
    return api.tagged(Response(text, headers=headers, content_type=CSV), version)


def wants_table(query: HistoryQuery) -> bool:
    """`?format=csv`, else what `Accept` prefers."""
    if query.format is not None:
        return query.format == "csv"
    kinds = ["application/json", "text/csv"]
    return request.accept_mimetypes.best_match(kinds, "application/json") == "text/csv"


@admin.post(
    "/admin/stores/<store_code>/connect-link",
    summary="One-use link with which the person in charge connects the store",
    responses={201: examples.answer(examples.LINK), **examples.refusals(404)},
)
@access("admin")
def post_connect_link(path: StorePath) -> Response:
    """Shown once; only its digest is kept."""
    link = make_link(stores.find_store(path.store_code), actor())
    return api.success({"url": link.url, "expiresAt": iso(link.expires_at)}, status=201)


@admin.post(
    "/admin/stores/<store_code>/disconnect",
    summary="Disconnect the TikTok account: tokens are emptied and revoked",
    responses={
        200: examples.answer({"success": True, "data": examples.STORE, "message": "…"}),
        **examples.refusals(400, 404),
    },
)
@access("admin")
def post_disconnect(path: StorePath) -> Response:
    """The numbers stay. Revoking at TikTok is tried once and changes nothing here."""
    code, access_token = accounts.disconnect(path.store_code)
    if access_token is None:
        raise Invalid("This store has no connected TikTok account")
    revoke(access_token)
    with reading():
        line = as_line(show_line(code))
    return api.success(line, message="TikTok account disconnected")


for nested in (admin, auth_api.oauth, auth_api.webhooks):
    blueprint.register_api(nested)

"""TikTok's wire code (hub/providers/tiktok.py): real answers, both error shapes, bad counts."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from hub.clock import now
from hub.config import Settings, load_settings
from hub.errors import ProviderError
from hub.http import Answer, CallFailed, Exit
from hub.providers.tiktok import (
    MAX_COUNT,
    TikTok,
    count,
    read_data,
    read_json,
    read_retry_after,
    read_tokens,
    read_user,
    read_video,
    read_videos,
)
from tests.ground.raw_server import RawServer, raw_server, whole
from tests.installation import SETTINGS

BASIC = "open_id,union_id,avatar_url,display_name"
CAPTURES = Path(__file__).parent.parent / "captures"


def capture(name: str, status: int = 200) -> Answer:
    return Answer(status, (CAPTURES / name).read_bytes(), {})


def answer(body: Any, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, raw, headers)


def client(url: str = "http://127.0.0.1:9", **given: Any) -> TikTok:
    settings: Settings = load_settings(**SETTINGS | {"tiktok_api_url": url} | given)
    return TikTok(settings, Exit(2))


def refusal(call: Any, *args: Any) -> ProviderError:
    with pytest.raises(ProviderError) as failed:
        call(*args)
    return failed.value


# Real answers


def test_a_real_token_reply_is_read() -> None:
    tokens = read_tokens(read_json(capture("tt_oauth_token_masked.json")))
    assert tokens.access_token.startswith("act.")
    assert tokens.access_token.endswith("!6456.va")
    assert tokens.refresh_token.endswith("!6487.va")
    assert tokens.account_id.startswith("-000")
    assert tokens.scopes == ("user.info.basic", "video.upload", "video.publish")
    assert round((tokens.access_expires_at - now()).total_seconds()) == 86_400
    assert tokens.refresh_expires_at is not None
    assert round((tokens.refresh_expires_at - now()).total_seconds()) == 31_536_000


def test_a_real_token_reply_through_the_client() -> None:
    with raw_server(whole(capture("tt_oauth_token_masked.json").body)) as server:
        tokens = client(server.url).refresh("rft.old!1.va")
    assert tokens.access_token.startswith("act.")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/oauth/token/ HTTP/1.1")
    assert b"application/x-www-form-urlencoded" in head
    assert parse_qs(body.decode()) == {
        "client_key": ["sandbox-client-key"],
        "client_secret": [SETTINGS["tiktok_client_secret"]],
        "grant_type": ["refresh_token"],
        "refresh_token": ["rft.old!1.va"],
    }


def test_a_real_envelope_is_read() -> None:
    data = read_data(capture("tt_openapi_creator_info_ok.json"))
    assert data["creator_username"] == "alexdelargeit"


@pytest.mark.parametrize("status", [401, 200])
def test_a_real_refusal_is_read_whatever_its_status(status: int) -> None:
    name = "tt_openapi_error_access_token_invalid.json"
    failed = refusal(read_data, capture(name, status))
    assert (failed.cause, failed.permanent, failed.status) == ("access_token_invalid", True, status)
    assert failed.detail is not None
    assert "access_token_invalid: The access token is invalid or not found" in failed.detail


# Refusals


@pytest.mark.parametrize(("code", "status", "cause", "permanent"), [
    ("access_token_invalid", 401, "access_token_invalid", True),
    ("scope_not_authorized", 401, "missing_scope", True),
    ("scope_permission_missed", 400, "missing_scope", True),
    ("invalid_params", 400, "invalid_request", True),
    ("rate_limit_exceeded", 429, "rate_limited", False),
    ("rate_limit_exceeded", 200, "rate_limited", False),
    ("internal_error", 500, "provider_error", False),
    ("never_seen", 500, "provider_error", False),
    ("never_seen", 429, "rate_limited", False),
    ("never_seen", 400, "bad_response", True),
    ("never_seen", 200, "bad_response", True),
    (None, 200, "bad_response", True),
])  # fmt: skip
def test_refusals_of_the_display_api(code: Any, status: int, cause: str, permanent: bool) -> None:
    for data in ({}, {"data": {}}):
        body = {**data, "error": {"code": code, "message": "because", "log_id": "1"}}
        failed = refusal(read_data, answer(body, status))
        assert (failed.cause, failed.permanent) == (cause, permanent)


@pytest.mark.parametrize("status", [400, 200])
@pytest.mark.parametrize(("code", "cause", "permanent"), [
    ("invalid_grant", "access_expired", True),
    ("access_denied", "access_expired", True),
    ("invalid_client", "app_refused", True),
    ("invalid_request", "invalid_request", True),
    ("server_error", "provider_error", False),
    ("temporarily_unavailable", "provider_error", False),
])  # fmt: skip
def test_refusals_of_login_kit(status: int, code: str, cause: str, permanent: bool) -> None:
    """`error` is a text there and an object elsewhere: both are read on both."""
    flat = json.dumps({"error": code, "error_description": "why", "log_id": "1"}).encode()
    nested = json.dumps({"error": {"code": code, "message": "why"}}).encode()
    for body in (flat, nested):
        with raw_server(whole(body, f"{status} X")) as server:
            failed = refusal(client(server.url).refresh, "rft.x")
            assert (failed.cause, failed.permanent, failed.status) == (cause, permanent, status)
        failed = refusal(read_data, answer(body, status))
        assert (failed.cause, failed.permanent) == (cause, permanent)


@pytest.mark.parametrize(("status", "cause", "permanent"), [
    (200, "bad_response", True), (302, "bad_response", True), (404, "bad_response", True),
    (429, "rate_limited", False), (500, "provider_error", False), (503, "provider_error", False),
])  # fmt: skip
@pytest.mark.parametrize("body", [
    b"", b"<html>Bad gateway</html>", b'{"data":', b"[]", b"null", b'"text"', b"\xff\xfe",
    b'{"a": NaN}', b"[" * 100_000,
])  # fmt: skip
def test_what_is_no_object(body: bytes, status: int, cause: str, permanent: bool) -> None:
    failed = refusal(read_data, Answer(status, body, {}))
    assert (failed.cause, failed.permanent) == (cause, permanent)


@pytest.mark.parametrize("body", [
    {}, {"data": {}}, {"error": None}, {"error": []}, {"error": {"code": "ok"}},
    {"error": {"code": "ok"}, "data": []}, {"error": {"code": "ok"}, "data": None},
])  # fmt: skip
def test_an_envelope_without_its_parts(body: Any) -> None:
    assert refusal(read_data, answer(body)).cause == "bad_response"


def test_secrets_are_not_in_the_detail() -> None:
    text = "bad token act.CANARYCANARY!1.va, client_secret=CANARY"
    body = {"error": {"code": "invalid_params", "message": text}}
    detail = refusal(read_data, answer(body, 400)).detail
    assert detail is not None
    assert "CANARY" not in detail
    assert len(detail) <= 300


@pytest.mark.parametrize(("value", "seconds"), [
    (None, None), ("", None), ("5", 5.0), (" 5 ", 5.0), ("0", 0.0), ("999999", 300.0),
    ("-1", None), ("soon", None), ("1.5", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ("²", None), ("٣", None),
])  # fmt: skip
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert read_retry_after(value) == seconds


# Counts and texts


@pytest.mark.parametrize(("value", "read"), [
    (0, 0), (5, 5), ("5", 5), ("007", 7), (MAX_COUNT, MAX_COUNT), (str(MAX_COUNT), MAX_COUNT),
    (5.0, 5), (None, None),
])  # fmt: skip
def test_good_counts(value: Any, read: int | None) -> None:
    assert count(value, "x") == read


@pytest.mark.parametrize("value", [
    -1, "-1", "+1", 1.5, "1.5", float("nan"), float("inf"), 1e30, MAX_COUNT + 1,
    str(MAX_COUNT + 1), 10**30, "", " ", "many", "1e3", "5 ", "٣", "²", True, False, [], {},
    "9" * 20,
])  # fmt: skip
def test_bad_counts(value: Any) -> None:
    assert refusal(count, value, "x").cause == "bad_response"


def video(**more: Any) -> Mapping[str, Any]:
    return {"id": "7300000000000000001", "create_time": 1_790_000_000} | more


def test_a_video() -> None:
    read = read_video(video(title="Title", video_description="", view_count=1, duration=2**40))
    assert (read.id, read.caption, read.view_count) == ("7300000000000000001", "Title", 1)
    assert (read.like_count, read.duration) == (None, None)
    assert read.created_time is not None
    assert read.created_time.isoformat() == "2026-09-21T14:13:20+00:00"
    assert read_video(video(create_time=0)).created_time is None


def test_a_text_is_stored_whole_and_without_nul() -> None:
    caption = "Diskon 11.11 🎉\n'; DROP TABLE--\x00<script>"
    assert read_video(video(video_description=caption)).caption == caption.replace("\x00", "")
    assert len(read_video(video(video_description="x" * 9000)).caption or "") == 4000


@pytest.mark.parametrize("broken", [
    None, [], "x", {}, {"id": None}, {"id": ""}, {"id": 7300000000000000001}, {"id": "x" * 256},
    {"id": "a\x00b"}, {"id": "a\nb"}, {"id": "é"}, video(create_time=10**15), video(create_time=-1),
    video(duration="long"), video(video_description=5), video(cover_image_url=[]),
    video(view_count=-1),
])  # fmt: skip
def test_a_broken_video(broken: Any) -> None:
    assert refusal(read_video, broken).cause == "bad_response"


def test_lists_of_videos() -> None:
    assert read_videos({}) == read_videos({"videos": None}) == []
    assert refusal(read_videos, {"videos": {}}).cause == "bad_response"
    assert refusal(read_videos, {"videos": [video(), None]}).cause == "bad_response"


@pytest.mark.parametrize("broken", [
    None, [], {}, {"open_id": ""}, {"open_id": 5}, {"open_id": "x", "display_name": 5},
    {"open_id": "x", "follower_count": "many"},
])  # fmt: skip
def test_a_broken_user(broken: Any) -> None:
    assert refusal(read_user, broken).cause == "bad_response"


@pytest.mark.parametrize("broken", [
    {}, {"access_token": "a"}, {"access_token": "", "open_id": "o", "expires_in": 1},
    {"access_token": "a", "open_id": "o"}, {"access_token": "a", "open_id": "o", "expires_in": -1},
    {"access_token": "a", "open_id": "o", "expires_in": "soon"},
    {"access_token": "a", "open_id": "o", "expires_in": 10**18},
    {"access_token": "a", "open_id": "o", "expires_in": 5, "refresh_expires_in": 10**18},
    {"access_token": 5, "open_id": "o", "expires_in": 5},
])  # fmt: skip
def test_a_broken_token_reply(broken: Any) -> None:
    assert refusal(read_tokens, broken).cause == "bad_response"


# Requests


def envelope(data: Any) -> bytes:
    return json.dumps({"data": data, "error": {"code": "ok", "message": ""}}).encode()


def sent(server: RawServer) -> tuple[str, dict[str, list[str]], bytes, Any]:
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    parts = urlsplit(target)
    return f"{method} {parts.path}", parse_qs(parts.query), head, json.loads(body) if body else None


@pytest.mark.parametrize(("scopes", "asked"), [
    (("user.info.basic",), ""),
    (("user.info.basic", "user.info.stats"),
     ",follower_count,following_count,likes_count,video_count"),
    (("user.info.basic", "user.info.profile"), ",username,is_verified"),
])  # fmt: skip
def test_only_granted_fields_are_asked_for(scopes: tuple[str, ...], asked: str) -> None:
    with raw_server(whole(envelope({"user": {"open_id": "o", "follower_count": "7"}}))) as server:
        user = client(server.url).user_info("act.x", scopes)
    assert (user.open_id, user.follower_count, user.likes_count) == ("o", 7, None)
    line, query, head, body = sent(server)
    assert (line, query, body) == ("GET /v2/user/info/", {"fields": [BASIC + asked]}, None)
    assert b"Authorization: Bearer act.x\r\n" in head + b"\r\n"


@pytest.mark.parametrize(("cursor", "body"), [
    (None, {"max_count": 20}), (1_790_000_000_123, {"max_count": 20, "cursor": 1_790_000_000_123})
])  # fmt: skip
def test_a_page_of_videos(cursor: int | None, body: Any) -> None:
    data = {"videos": [video()], "cursor": 5, "has_more": True}
    with raw_server(whole(envelope(data))) as server:
        page = client(server.url).video_list("act.x", cursor)
    assert ([one.id for one in page.videos], page.cursor, page.has_more) == (
        [video()["id"]],
        5,
        True,
    )
    line, query, head, got = sent(server)
    assert (line, got) == ("POST /v2/video/list/", body)
    assert "view_count" in query["fields"][0]
    assert b"Content-Type: application/json\r\n" in head + b"\r\n"


@pytest.mark.parametrize("broken", [
    {"has_more": "yes"}, {"has_more": 1}, {"cursor": "x"}, {"cursor": -1}, {"videos": 5}
])  # fmt: skip
def test_a_broken_page(broken: Any) -> None:
    with raw_server(whole(envelope(broken))) as server:
        assert refusal(client(server.url).video_list, "act.x").cause == "bad_response"


def test_a_query_of_videos() -> None:
    with raw_server(whole(envelope({"videos": []}))) as server:
        assert client(server.url).video_query("act.x", ["1", "2"]) == []
    assert sent(server)[3] == {"filters": {"video_ids": ["1", "2"]}}


@pytest.mark.parametrize("body", [b"", b"{}", b" \n"])
def test_a_revoke(body: bytes) -> None:
    with raw_server(whole(body)) as server:
        client(server.url).revoke("act.x")
    assert b"token=act.x" in server.requests[0]
    with raw_server(whole(b'{"error":"invalid_request"}', "400 X")) as server:
        assert refusal(client(server.url).revoke, "act.x").cause == "invalid_request"


def test_the_address_where_owners_agree() -> None:
    url = client(
        tiktok_auth_url="https://www.tiktok.com/v2/auth/authorize/",
        tiktok_redirect_uri="https://hub.example/auth/tiktok/callback",
        tiktok_scopes="user.info.basic,video.list",
    ).authorize_url("store_jakarta_01_abc_def")
    parts = urlsplit(url)
    assert (
        f"{parts.scheme}://{parts.netloc}{parts.path}"
        == "https://www.tiktok.com/v2/auth/authorize/"
    )
    assert parse_qs(parts.query, strict_parsing=True) == {
        "client_key": ["sandbox-client-key"],
        "scope": ["user.info.basic,video.list"],
        "response_type": ["code"],
        "redirect_uri": ["https://hub.example/auth/tiktok/callback"],
        "state": ["store_jakarta_01_abc_def"],
    }
    assert "scope=user.info.basic,video.list" in url, "commas as they are"
    assert "client_id" not in url


def test_a_lost_connection_and_a_timeout_may_be_tried_again() -> None:
    failed = refusal(client("http://127.0.0.1:9").user_info, "act.x", ())
    assert (failed.cause, failed.permanent) == ("unreachable", False)
    assert "act.x" not in str(failed.detail)

    class Late(Exit):
        def call(self, *_: Any, **__: Any) -> Answer:
            raise CallFailed("timeout", "late")

    late = TikTok(load_settings(**SETTINGS), Late(1))
    failed = refusal(late.user_info, "act.x", ())
    assert (failed.cause, failed.permanent) == ("timeout", False)

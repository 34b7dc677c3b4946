"""TikTok's Login Kit and Display API, version 2: wire code only (providers.md A and B).

Returns dataclasses, raises `ProviderError`. Success is `error.code == "ok"`, whatever the HTTP
status. Only fields whose permission was granted are asked for: one missing fails a whole call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri

from hub.clock import now
from hub.config import Settings
from hub.crypto import redact
from hub.errors import ProviderError
from hub.http import Answer, CallFailed, Exit
from hub.oauth import Tokens

STATS, VIDEOS, PROFILE = "user.info.stats", "video.list", "user.info.profile"
PAGE = 20  # the most that video/list gives and video/query takes
MAX_COUNT = 2**63 - 1

BASIC_FIELDS = ("open_id", "union_id", "avatar_url", "display_name")
STATS_FIELDS = ("follower_count", "following_count", "likes_count", "video_count")
PROFILE_FIELDS = ("username", "is_verified")
VIDEO_FIELDS = (
    "id,create_time,cover_image_url,share_url,video_description,title,duration,"
    "like_count,comment_count,share_count,view_count"
)

# Their code → (our cause, whether trying again is useless). Both surfaces, B.6 and A.6.
CODES = {
    "access_token_invalid": ("access_token_invalid", True),
    "scope_not_authorized": ("missing_scope", True),
    "scope_permission_missed": ("missing_scope", True),
    "invalid_params": ("invalid_request", True),
    "rate_limit_exceeded": ("rate_limited", False),
    "internal_error": ("provider_error", False),
    "invalid_grant": ("access_expired", True),
    "access_denied": ("access_expired", True),
    "invalid_client": ("app_refused", True),
    "unauthorized_client": ("app_refused", True),
    "invalid_request": ("invalid_request", True),
    "invalid_scope": ("missing_scope", True),
    "unsupported_grant_type": ("invalid_request", True),
    "server_error": ("provider_error", False),
    "temporarily_unavailable": ("provider_error", False),
}

MESSAGES = {
    "access_token_invalid": "TikTok no longer accepts the stored access",
    "missing_scope": "The owner did not allow what this needs",
    "invalid_request": "TikTok refused the form of the request",
    "rate_limited": "TikTok asks for a pause: too many calls",
    "provider_error": "TikTok had an error of its own",
    "access_expired": "Access has ended: the owner must allow it again",
    "app_refused": "TikTok does not accept the app's key or secret",
    "bad_response": "TikTok answered with something that cannot be read",
    "timeout": "TikTok did not answer in time",
    "unreachable": "TikTok could not be reached",
}


@dataclass(frozen=True)
class TikTokUser:
    """An account now; counts are None where TikTok gave none."""

    open_id: str
    union_id: str | None
    display_name: str | None
    avatar_url: str | None
    username: str | None
    follower_count: int | None
    following_count: int | None
    likes_count: int | None
    video_count: int | None


@dataclass(frozen=True)
class TikTokVideo:
    """A public video now. `id` is text: 19 digits do not fit a float."""

    id: str
    caption: str | None
    created_time: datetime | None
    duration: int | None
    cover_url: str | None
    share_url: str | None
    view_count: int | None
    like_count: int | None
    comment_count: int | None
    share_count: int | None


@dataclass(frozen=True)
class VideoPage:
    """A page of video/list; `cursor` (UTC ms) goes to the next call."""

    videos: list[TikTokVideo]
    cursor: int | None
    has_more: bool


class TikTok:
    """The client of one app. Each method is one call; pacing and retries are the caller's."""

    def __init__(self, settings: Settings, exit: Exit | None = None) -> None:
        self.settings = settings
        self.exit = exit or Exit(settings.provider_timeout_seconds)
        self.base = settings.tiktok_api_url.rstrip("/")

    # Login Kit

    def authorize_url(self, state: str) -> str:
        """Where an owner agrees (A.1). TikTok says client_key and separates scopes by comma."""
        url: str = prepare_grant_uri(
            self.settings.tiktok_auth_url,
            client_id="",
            response_type="code",
            redirect_uri=self.settings.tiktok_redirect_uri,
            state=state,
            client_key=self.settings.tiktok_client_key,
        )
        query = urlencode({"scope": ",".join(self.settings.scopes)}, safe=",")
        return f"{url.replace('client_id=&', '')}&{query}"

    def exchange_code(self, code: str) -> Tokens:
        return self._token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.settings.tiktok_redirect_uri,
        )

    def refresh(self, refresh_token: str) -> Tokens:
        """A new pair; the old refresh token is dead from now on (A.4)."""
        return self._token(grant_type="refresh_token", refresh_token=refresh_token)

    def revoke(self, access_token: str) -> None:
        answer = self._send(
            "POST", "/v2/oauth/revoke/", form={"token": access_token, **self._app()}
        )
        if answer.body.strip() not in (b"", b"{}"):
            self._oauth(answer)

    def _app(self) -> dict[str, str]:
        return {
            "client_key": self.settings.tiktok_client_key,
            "client_secret": self.settings.tiktok_client_secret,
        }

    def _token(self, **grant: str) -> Tokens:
        answer = self._send("POST", "/v2/oauth/token/", form={**self._app(), **grant})
        return read_tokens(self._oauth(answer))

    def _oauth(self, answer: Answer) -> dict[str, Any]:
        """The flat body of Login Kit; `error` is a text there (A.6), whatever the status."""
        body = read_json(answer)
        error = body.get("error")
        if isinstance(error, Mapping):  # the other surface's form
            raise refused(str(error.get("code")), answer, str(error.get("message", "")))
        if error:
            raise refused(str(error), answer, str(body.get("error_description", "")))
        if answer.status >= 400:
            raise refused("", answer, "")
        return body

    # Display API

    def user_info(self, access_token: str, scopes: Sequence[str]) -> TikTokUser:
        fields = list(BASIC_FIELDS)
        fields += STATS_FIELDS if STATS in scopes else ()
        fields += PROFILE_FIELDS if PROFILE in scopes else ()
        data = self._display("GET", "/v2/user/info/", access_token, ",".join(fields))
        return read_user(data.get("user"))

    def video_list(self, access_token: str, cursor: int | None = None) -> VideoPage:
        body: dict[str, Any] = {"max_count": PAGE}
        if cursor is not None:
            body["cursor"] = cursor
        data = self._display("POST", "/v2/video/list/", access_token, VIDEO_FIELDS, body)
        more = data.get("has_more", False)
        if not isinstance(more, bool):
            raise bad("has_more is no truth value")
        return VideoPage(read_videos(data), read_cursor(data.get("cursor")), more)

    def video_query(self, access_token: str, ids: Sequence[str]) -> list[TikTokVideo]:
        """The videos of `ids` (at most 20) that still exist and are public."""
        body = {"filters": {"video_ids": list(ids)}}
        return read_videos(
            self._display("POST", "/v2/video/query/", access_token, VIDEO_FIELDS, body)
        )

    def _display(
        self,
        method: str,
        path: str,
        access_token: str,
        fields: str,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = self._send(method, f"{path}?fields={fields}", headers=headers, json=body)
        return read_data(answer)

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        form: dict[str, str] | None = None,
        json: dict[str, Any] | None = None,
    ) -> Answer:
        sent = dict(headers or {})
        data: bytes | None = None
        if json is not None:
            sent["Content-Type"], data = "application/json", orjson.dumps(json)
        elif form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent["Cache-Control"] = "no-cache"
            data = urlencode(form).encode()
        try:
            return self.exit.call(method, self.base + path, headers=sent, data=data)
        except CallFailed as failed:
            if failed.cause in ("too_long", "unreadable"):
                raise bad(str(failed)) from None
            raise ProviderError(failed.cause, MESSAGES[failed.cause], detail=str(failed)) from None


def bad(detail: str, status: int | None = None) -> ProviderError:
    return ProviderError(
        "bad_response",
        MESSAGES["bad_response"],
        permanent=True,
        status=status,
        detail=redact(detail)[:300],
    )


def refused(code: str, answer: Answer, message: str) -> ProviderError:
    """Their error as ours: by code, else by HTTP status."""
    by_status = ("rate_limited", False) if answer.status == 429 else ("provider_error", False)
    if code not in CODES and answer.status < 500 and answer.status != 429:
        by_status = ("bad_response", True)
    cause, permanent = CODES.get(code, by_status)
    return ProviderError(
        cause,
        MESSAGES[cause],
        permanent=permanent,
        status=answer.status,
        detail=redact(f"{answer.status} {code}: {message}")[:300],
        retry_after=read_retry_after(answer.headers.get("Retry-After")),
    )


def read_retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After, at most five minutes."""
    if value is None or not (value.isascii() and value.strip().isdigit()):
        return None
    return min(float(value.strip()), 300.0)


def read_json(answer: Answer) -> dict[str, Any]:
    """The object in an answer; a 5xx or 429 that holds none is told by its status."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        body = None
    if isinstance(body, dict):
        return body
    if answer.status == 429 or answer.status >= 500:
        raise refused("", answer, "no JSON")
    raise bad(f"{answer.status}: no JSON object", answer.status)


def read_data(answer: Answer) -> dict[str, Any]:
    """`data` of a Display API answer (B.1); raises what `error` says."""
    body = read_json(answer)
    error = body.get("error")
    if isinstance(error, str):  # Login Kit's form, met on older surfaces
        raise refused(error, answer, str(body.get("error_description", "")))
    if not isinstance(error, Mapping):
        if answer.status >= 400:
            raise refused("", answer, "no error object")
        raise bad("no error object", answer.status)
    code = error.get("code")
    if code != "ok":
        raise refused(str(code), answer, str(error.get("message", "")))
    data = body.get("data")
    if answer.status >= 400 or not isinstance(data, dict):
        raise bad("no data object", answer.status)
    return data


def read_tokens(body: Mapping[str, Any]) -> Tokens:
    """A token reply (A.3); instants from its own seconds, tokens are text of any length."""
    access, account = body.get("access_token"), body.get("open_id")
    if not isinstance(access, str) or not access or not isinstance(account, str) or not account:
        raise bad("no access_token or open_id")
    seconds, at = count(body.get("expires_in"), "expires_in"), now()
    refresh_seconds = count(body.get("refresh_expires_in"), "refresh_expires_in")
    refresh, scope = body.get("refresh_token"), body.get("scope")
    if seconds is None or max(seconds, refresh_seconds or 0) > 10**10:
        raise bad("expires_in cannot be used")
    return Tokens(
        access_token=access,
        refresh_token=refresh if isinstance(refresh, str) else "",
        access_expires_at=at + timedelta(seconds=seconds),
        refresh_expires_at=at + timedelta(seconds=refresh_seconds) if refresh_seconds else None,
        account_id=account,
        scopes=tuple(part for part in str(scope or "").split(",") if part),
    )


def read_user(user: Any) -> TikTokUser:
    if not isinstance(user, dict):
        raise bad("no user object")
    open_id = text(user.get("open_id"), "open_id")
    if not open_id:
        raise bad("no open_id")
    return TikTokUser(
        open_id=open_id,
        union_id=text(user.get("union_id"), "union_id"),
        display_name=text(user.get("display_name"), "display_name", 255),
        avatar_url=text(user.get("avatar_url"), "avatar_url"),
        username=text(user.get("username"), "username", 255),
        follower_count=count(user.get("follower_count"), "follower_count"),
        following_count=count(user.get("following_count"), "following_count"),
        likes_count=count(user.get("likes_count"), "likes_count"),
        video_count=count(user.get("video_count"), "video_count"),
    )


def read_videos(data: Mapping[str, Any]) -> list[TikTokVideo]:
    videos = data.get("videos")
    if videos is None:
        return []
    if not isinstance(videos, list):
        raise bad("videos is no list")
    return [read_video(video) for video in videos]


def read_video(video: Any) -> TikTokVideo:
    if not isinstance(video, dict):
        raise bad("a video is no object")
    video_id = video.get("id")
    if not isinstance(video_id, str) or not 0 < len(video_id) <= 255:
        raise bad("a video has no id")
    if not video_id.isascii() or not video_id.isprintable():
        raise bad("the id of a video cannot be stored")
    created = count(video.get("create_time"), "create_time")
    if created is not None and created > 253_402_300_799:
        raise bad("create_time is beyond the year 9999")
    return TikTokVideo(
        id=video_id,
        caption=text(video.get("video_description") or video.get("title"), "video_description"),
        created_time=datetime.fromtimestamp(created, UTC) if created else None,
        duration=small(count(video.get("duration"), "duration")),
        cover_url=text(video.get("cover_image_url"), "cover_image_url"),
        share_url=text(video.get("share_url"), "share_url"),
        view_count=count(video.get("view_count"), "view_count"),
        like_count=count(video.get("like_count"), "like_count"),
        comment_count=count(video.get("comment_count"), "comment_count"),
        share_count=count(video.get("share_count"), "share_count"),
    )


def read_cursor(value: Any) -> int | None:
    return None if value is None else count(value, "cursor")


def small(value: int | None) -> int | None:
    return None if value is None or value > 2**31 - 1 else value


def text(value: Any, name: str, longest: int = 4000) -> str | None:
    """A text without NUL (PostgreSQL refuses it), cut to its column."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise bad(f"{name} is no text")
    return value.replace("\x00", "")[:longest]


def count(value: Any, name: str) -> int | None:
    """A whole number ≥ 0, also as digits; None stays None; anything else is a bad answer."""
    if value is None or (type(value) is int and 0 <= value <= MAX_COUNT):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
        raise bad(f"{name} is no count")
    return value

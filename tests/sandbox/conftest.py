"""A sandbox of one's own for each test, in process or on a socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from sandbox.app import create_app
from sandbox.box import Box
from sandbox.settings import Settings

ROOT = Path(__file__).parents[2]
ANCHOR = "2026-11-20"
NOON = 1795521600 - 2 * 86400 + 43200  # anchor + 1.5 days, 2026-11-22 12:00 UTC
KEY, SECRET = Settings().client_key, Settings().client_secret
USER = "open_id,display_name,follower_count,following_count,likes_count,video_count"
VIDEO = "id,create_time,view_count,like_count,comment_count,share_count"


class Sandbox:
    """An app, its box, and the calls a client makes."""

    def __init__(self, **settings: Any) -> None:
        self.app = create_app(Settings(**{"anchor": ANCHOR, **settings}))
        self.box: Box = self.app.extensions["sandbox"]
        self.web: FlaskClient = self.app.test_client()

    def set_clock(self, instant: float) -> None:
        self.box.offset = instant - time.time()

    def freeze(self, instant: float) -> None:
        """Stop the clock: two calls then see the same numbers."""
        self.box.now = lambda: instant  # type: ignore[method-assign]

    def grant(self, handle: str, scopes: list[str] | None = None) -> dict[str, Any]:
        handles = {handle: scopes} if scopes else [handle]
        return self.web.post("/_world/grants", json={"handles": handles}).json["grants"][0]

    def token(self, handle: str = "toko_satu", scopes: list[str] | None = None) -> str:
        return self.grant(handle, scopes)["access_token"]

    def user_info(self, token: str, fields: str = USER) -> TestResponse:
        return self.web.get(f"/v2/user/info/?fields={fields}", headers=bearer(token))

    def video_list(self, token: str, fields: str = VIDEO, **body: Any) -> TestResponse:
        return self.web.post(f"/v2/video/list/?fields={fields}", json=body, headers=bearer(token))

    def video_query(self, token: str, ids: Any, fields: str = VIDEO) -> TestResponse:
        body = {"filters": {"video_ids": ids}}
        return self.web.post(f"/v2/video/query/?fields={fields}", json=body, headers=bearer(token))

    def all_videos(self, token: str) -> list[dict[str, Any]]:
        """Every page of video/list."""
        found: list[dict[str, Any]] = []
        cursor, more = 0, True
        while more:
            data = self.video_list(token, max_count=20, cursor=cursor).json["data"]
            found += data["videos"]
            cursor, more = data["cursor"], data["has_more"]
        return found

    def ask_token(self, **form: str) -> TestResponse:
        form = {"client_key": KEY, "client_secret": SECRET, **form}
        return self.web.post("/v2/oauth/token/", data=form)

    def refresh(self, refresh_token: str) -> TestResponse:
        return self.ask_token(grant_type="refresh_token", refresh_token=refresh_token)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def make() -> Callable[..., Sandbox]:
    return Sandbox


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox a day and a half after its anchor."""
    made = Sandbox()
    made.set_clock(NOON)
    return made


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_up(address: str) -> bool:
    with suppress(OSError), urlopen(f"{address}/_health", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts `python -m sandbox` with the given variables; returns its address."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> str:
        port = free_port()
        environ = {**os.environ, "SANDBOX_ANCHOR": ANCHOR, **variables}
        command = [sys.executable, "-m", "sandbox", "--port", str(port)]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environ))
        deadline = time.monotonic() + 20
        while not is_up(f"http://127.0.0.1:{port}"):
            assert started[-1].poll() is None, "the sandbox ended"
            assert time.monotonic() < deadline, "the sandbox did not come up"
            time.sleep(0.1)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        process.wait(10)

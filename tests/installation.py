"""What tests run against: installations of Hub, copies of an empty database, the sandbox."""

import json
import os
import sys
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests
from flask import Flask

from hub import create_app
from hub.config import load_settings
from hub.db import db, migrate
from tests.running import free_port
from tests.servers import ROOT, Postgres, start, wait_for

KEY = "root-key-of-the-tests-0123456789abcdef"
# What an installation of the tests is like; nothing of the machine's environment gets in.
SETTINGS = {
    "hub_env": "test",
    "log_level": "error",
    "cron_enabled": False,
    "admin_rate_limit": "off",
    "oauth_rate_limit": "off",
    "login_rate_limit": "off",
    "admin_api_key": KEY,
    "secret_key": "secret-key-of-the-tests",
    "token_enc_key": "ab" * 32,
    "token_enc_keys_old": "",
    "state_secret": "cd" * 32,
    "public_url": "http://localhost",
    "port": 3000,
    "redis_url": "redis://127.0.0.1:9",  # nobody listens there
    "database_url": "",
    "tz": "Asia/Jakarta",
    "hub_clock_offset": "0",
    "mail_url": "",
    "trusted_proxies": "",
    "cors_origin": "",
    "connect_require_signed": False,
    "tiktok_client_key": "sandbox-client-key",
    "tiktok_client_secret": "sandbox-client-secret-not-a-real-one",
    "tiktok_redirect_uri": "http://localhost/auth/tiktok/callback",
    "tiktok_api_url": "http://127.0.0.1:9",
    "tiktok_auth_url": "http://127.0.0.1:9/v2/auth/authorize/",
    "tiktok_web_url": "http://127.0.0.1:9",
}


def make_app(folder: Path, **given: Any) -> Flask:
    return create_app(load_settings(**(SETTINGS | {"hub_data_dir": folder} | given)))


def make_schema(folder: Path, **given: Any) -> None:
    """Migrate and leave nobody connected: each test gets a copy."""
    with make_app(folder, **given).app_context():
        migrate()
        db.session.remove()
        db.engine.dispose()


def copy_database(server: Postgres, template: str) -> str:
    """A new database like the one at the address `template`; its address."""
    place, name = urlsplit(template), f"hub_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{place.path[1:]}"')
    return urlunsplit(place._replace(path=f"/{name}"))


@contextmanager
def start_sandbox(**settings: Any) -> Generator["Sandbox"]:
    """The providers' stand-in in a process of its own: no quota, 8 videos an account, unless
    `settings` (lower-case, without SANDBOX_) say otherwise."""
    usual = {"quota": 0, "new_videos": "false", "videos": 8}
    given = {f"SANDBOX_{name.upper()}": str(value) for name, value in (usual | settings).items()}
    port = free_port()
    command = [sys.executable, "-m", "sandbox", "--port", str(port)]
    server = start(command, cwd=ROOT, env={**os.environ, **given})
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    try:
        wait_for(sandbox.is_ready, 20, "the sandbox does not start")
        yield sandbox
    finally:
        server.terminate()
        server.wait(10)


class Sandbox:
    """The control of a running sandbox (its README): faults, grants, log. `settings` of a hub."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.settings = {
            "tiktok_api_url": url,
            "tiktok_auth_url": f"{url}/v2/auth/authorize/",
            "tiktok_web_url": url,
        }

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/_health", timeout=1).ok
        except requests.RequestException:
            return False

    def reset(self) -> None:
        """No faults, an empty log, the quota not used."""
        self.post("/_faults/reset")
        self.post("/_log/reset?quota=1")

    def get(self, path: str) -> Any:
        return self.read(requests.get(self.url + path, timeout=30))

    def post(self, path: str, **body: Any) -> Any:
        return self.read(requests.post(self.url + path, json=body, timeout=30))

    def log(self, endpoint: str = "") -> list[dict[str, Any]]:
        """Every call since the last reset, of one endpoint ("video/list") or all."""
        text = requests.get(f"{self.url}/_log?endpoint={endpoint}", timeout=30).text
        return [json.loads(line) for line in text.splitlines()]

    @staticmethod
    def read(answer: requests.Response) -> Any:
        answer.raise_for_status()
        return answer.json() if answer.text else None

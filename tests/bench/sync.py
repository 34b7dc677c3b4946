"""300 stores × 50 videos, 200 ms a call, 600 calls a sliding minute: how near to the bound.

Starts `bin/run` and the sandbox, connects every store through the real consent, POSTs
/admin/sync/run twice and takes wall and 429s from the sandbox's own log: the first day (lists
only, bound by the quota) and a day on which the ids are known. Once with the spec's concurrency,
once tuned to 100. About five minutes.
"""

import math
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from tests.bench import report
from tests.installation import Sandbox, start_sandbox
from tests.running import RunningHub, running_hub

STORES, VIDEOS, LATENCY, QUOTA, WINDOW = 300, 50, 0.2, 600, 60.0
KEY = "bench-key-0123456789-bench-key-0123456789"
PAGES = math.ceil(VIDEOS / 20)
ENDPOINTS = ("user/info", "video/list", "video/query", "oauth/token")
WAYS = {"spec": (30, 20), "tuned": (100, 100)}


def settings(sandbox: Sandbox, user: int, video: int) -> dict[str, Any]:
    return {
        **sandbox.settings,
        "tiktok_client_key": "sandbox-client-key",
        "tiktok_client_secret": "sandbox-client-secret-not-a-real-one",
        "admin_api_key": KEY,
        "admin_rate_limit": "off",
        "oauth_rate_limit": "off",
        "cron_enabled": "false",
        "sync_on_connect": "false",
        "sync_concurrency": user,
        "video_sync_concurrency": video,
        "log_level": "warn",
    }


def connect(hub: RunningHub, sandbox: Sandbox, code: str) -> None:
    """Make a store and walk its owner's way: address, consent, callback."""
    admin = {"X-API-KEY": KEY}
    body = {"store_code": code, "store_name": code, "pic_name": "PIC"}
    requests.post(
        f"{hub.url}/admin/stores", json=body, headers=admin, timeout=30
    ).raise_for_status()
    given = requests.get(f"{hub.url}/auth/url", params={"store_code": code}, timeout=30).json()
    form = urlencode({"handle": code, "decision": "agree"})
    agreed = requests.post(
        given["data"]["authUrl"],
        data=form,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        allow_redirects=False,
        timeout=30,
    )
    requests.get(agreed.headers["Location"], timeout=30).raise_for_status()


def sync(hub: RunningHub) -> dict[str, Any]:
    """POST /admin/sync/run and follow the run to its end."""
    admin = {"X-API-KEY": KEY}
    started = requests.post(
        f"{hub.url}/admin/sync/run",
        json={"job": "all"},
        headers=admin | {"Prefer": "respond-async"},
        timeout=30,
    ).json()["data"]
    while True:
        run = requests.get(hub.url + started["status_url"], headers=admin, timeout=30).json()[
            "data"
        ]
        if run["state"] not in ("queued", "running"):
            return dict(run)
        time.sleep(0.5)


def measure(hub: RunningHub, sandbox: Sandbox, way: str, day: str) -> None:
    sandbox.post("/_log/reset")
    run = sync(hub)
    seen = sandbox.get("/_log/summary")["endpoints"]
    used = [seen[name] for name in ENDPOINTS if name in seen]
    wall = max(one["last_end"] for one in used) - min(one["first"] for one in used)
    calls = {name: seen.get(name, {}).get("n", 0) for name in ENDPOINTS}
    most = max(calls[name] for name in ENDPOINTS[:3])
    chain = (PAGES if day == "first" else 1) * LATENCY
    bound = (math.ceil(most / QUOTA) - 1) * WINDOW + chain
    report(
        "sync",
        way=way,
        day=day,
        wall_s=round(wall, 2),
        bound_s=round(bound, 2),
        efficiency=round(bound / wall, 3),
        calls=sum(calls.values()),
        list=calls["video/list"],
        query=calls["video/query"],
        refreshes=calls["oauth/token"],
        http_429=sum(one["n429"] for one in used),
        successful=run["successful"],
        videos=run["totals"]["video_sync"]["totalVideos"],
    )


def main() -> None:
    ways = sys.argv[1:] or list(WAYS)
    for way in ways:
        limits = {"quota": QUOTA, "videos": VIDEOS, "latency_ms": round(LATENCY * 1000)}
        with tempfile.TemporaryDirectory() as folder, start_sandbox(**limits) as sandbox:
            given = settings(sandbox, *WAYS[way])
            with running_hub(Path(folder), **given) as hub:
                codes = [f"bench-{at:03d}" for at in range(STORES)]
                with ThreadPoolExecutor(16) as pool:
                    list(pool.map(lambda code: connect(hub, sandbox, code), codes))
                measure(hub, sandbox, way, "first")
                time.sleep(WINDOW + 1)
                measure(hub, sandbox, way, "known")


if __name__ == "__main__":
    main()

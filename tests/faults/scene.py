"""A hub with connected stores on a sandbox of its own: how to break it, and what must hold after.

What the hub stored is read by SQL from its file and compared with the sandbox's own list. The
sandbox's counts never fall, so a stored number lies between the sandbox's at the run's start and
at its end.
"""

import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests

from hub.embedded import redis_address
from tests.installation import KEY, Sandbox
from tests.running import RunningHub, family, start_hub
from tests.servers import wait_for

STORES = 40
CODES = [f"toko-{number:02d}" for number in range(STORES)]
ADMIN = {"X-API-KEY": KEY}
# Much shorter than by default, so that a recovery takes seconds; three stores a worker at a time.
QUICK: dict[str, Any] = {
    "hub_env": "development",
    "admin_api_key": KEY,
    "tiktok_client_key": "sandbox-client-key",
    "tiktok_client_secret": "sandbox-client-secret-not-a-real-one",
    "tz": "UTC",
    "admin_rate_limit": "off",
    "oauth_rate_limit": "off",
    "sync_on_connect": "false",
    "cron_enabled": "false",
    "workers": 2,
    "web_processes": 1,
    "sync_concurrency": 6,
    "video_sync_concurrency": 6,
    "lease_seconds": 3,
    "sweep_seconds": 0.5,
    "log_level": "warn",
}
DEFAULTS = {"lease_seconds": 20, "sweep_seconds": 2}
LIVE = ("queued", "running")
COUNTS = {"followers": "follower_count", "likes": "likes_count", "video_count": "video_count"}
SUMS = {"total_views": "views", "total_likes": "likes", "total_comments": "comments",
        "total_shares": "shares"}  # fmt: skip


@dataclass
class Scene:
    """One data folder, its sandbox, and the hub while it runs."""

    folder: Path
    sandbox: Sandbox
    settings: dict[str, Any]
    days: float = 0.0  # by which both clocks are ahead
    codes: list[str] = field(default_factory=lambda: list(CODES))
    hub: RunningHub = None  # type: ignore[assignment]

    # The hub

    def start(self, **changed: Any) -> None:
        """Start the hub, on its old port; `changed` stays for the next starts."""
        self.settings |= changed
        port = self.hub.port if self.hub else 0
        self.hub = start_hub(self.folder, port=port, **self.settings | self.sandbox.settings)
        self.hub.wait_until_ready()

    @property
    def pids(self) -> dict[str, Any]:
        return self.hub.pids

    def wait_until_whole(self) -> None:
        """Every child is there and alive, as after an undisturbed start."""

        def whole() -> bool:
            pids = self.pids
            named = [pids["web"], pids["scheduler"], pids["redis"], *pids["workers"]]
            return len(pids["workers"]) == 2 and all(pid and runs(pid) for pid in named)

        wait_for(whole, 10, "the hub is not whole")

    @property
    def redis_url(self) -> str:
        """Of the embedded server; asked for by its children only, so `bin/run` does not tell."""
        return redis_address(next((self.folder / "redis").glob("*/redis.sock")))

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        given = ADMIN | {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.post(self.hub.url + path, json=body or {}, headers=given, timeout=60)

    def get(self, path: str) -> requests.Response:
        return requests.get(self.hub.url + path, headers=ADMIN, timeout=60)

    def connect(self, code: str) -> None:
        """Make a store and walk its owner's way: address, consent, callback."""
        named = {"store_code": code, "store_name": code, "pic_name": "PIC"}
        self.post("/admin/stores", named).raise_for_status()
        address = self.get(f"/auth/url?store_code={code}").json()["data"]["authUrl"]
        agreed = requests.post(
            address,
            data=urlencode({"handle": code, "decision": "agree"}),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            allow_redirects=False,
            timeout=30,
        )
        requests.get(agreed.headers["Location"], timeout=30).raise_for_status()

    # The database

    @property
    def database(self) -> Path:
        return self.folder / "hub.sqlite3"

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a SELECT, on a connection that cannot write."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        return self.sql(query, *values)[0][0]

    # A run

    def sync(self, job: str = "all") -> "Run":
        """Start a run over all stores, without waiting for it."""
        self.sandbox.post("/_log/reset?quota=1")
        began = self.now()
        answer = self.post("/admin/sync/run", {"job": job}, Prefer="respond-async")
        assert answer.status_code == 202, answer.text
        return Run(self, int(answer.json()["data"]["run_id"]), began)

    def wait_for_hits(self, number: int, endpoint: str = "") -> None:
        """Until the sandbox has been asked so often since the run began."""

        def asked() -> bool:
            seen = self.sandbox.get("/_log/summary")["endpoints"]
            names = [endpoint] if endpoint else list(seen)
            return sum(seen.get(name, {}).get("n", 0) for name in names) >= number

        wait_for(asked, 30, f"the sandbox was not asked {number} times")

    def wait_for_fault(self) -> None:
        """Until a call has met the last fault that was made."""
        wait_for(lambda: self.sandbox.get("/_faults")["faults"][-1]["hits"], 30, "never met")

    def now(self) -> datetime:
        """Now, on the clock of hub and sandbox."""
        return datetime.now(UTC) + timedelta(days=self.days)

    def totals(self, at: datetime) -> dict[str, Any]:
        """The sandbox's own numbers: by handle, and `sum`."""
        form = {"handles": ",".join(self.codes), "at": at.isoformat()}
        answer = requests.post(f"{self.sandbox.url}/_world/totals", data=form, timeout=30).json()
        return dict(answer["accounts"]) | {"sum": answer["sum"]}


@dataclass
class Run:
    """A run of all stores and what is asked of it at the end."""

    scene: Scene
    id: int
    began: datetime

    @property
    def state(self) -> str:
        return str(self.scene.one("SELECT state FROM sync_runs WHERE id = ?", self.id))

    def items(self, column: str) -> dict[str, Any]:
        """A column of the run's items by store."""
        query = f"""SELECT s.store_code, i.{column} FROM sync_items i
                    JOIN stores s ON s.id = i.store_id WHERE i.run_id = ?"""
        rows = self.scene.sql(query, self.id)
        assert len(rows) == len(dict(rows)), "a store has two items"
        return dict(rows)

    def wait(self, seconds: float) -> float:
        """Until it has ended; the seconds it took."""
        start = time.monotonic()
        wait_for(lambda: self.state not in LIVE, seconds, f"run {self.id} has not ended")
        return time.monotonic() - start

    def check(self, but: Mapping[str, str] | None = None) -> None:
        """The run is complete, everything once, as the sandbox has it. `but`: store → cause of
        stores that had to fail; all others succeeded."""
        but = but or {}
        scene, ended = self.scene, self.scene.now()
        fine = [code for code in scene.codes if code not in but]
        assert self.state == "done"
        self.check_items(but)
        self.check_logs(but)
        stored = self.stored(ended)
        low, high = scene.totals(self.began), scene.totals(ended)
        for code in fine:
            self.check_store(code, stored[code], low[code], high[code])
        self.check_recount(ended)

    def check_items(self, but: Mapping[str, str]) -> None:
        wanted = {code: "failed" if code in but else "done" for code in self.scene.codes}
        causes = {code: cause for code, cause in self.items("cause").items() if cause}
        assert causes == dict(but), causes
        assert self.items("state") == wanted
        assert set(self.items("lease_until").values()) == {None}
        total, processed = self.scene.sql(
            "SELECT total, json_extract(totals, '$.user_sync.total') FROM sync_runs WHERE id = ?",
            self.id,
        )[0]
        assert (total, processed) == (len(wanted), len(wanted))

    def check_logs(self, but: Mapping[str, str]) -> None:
        """One line a store and part, one of the run: who wrote twice left two."""
        query = """SELECT coalesce(store_code, ''), job_name, count(*) FROM sync_logs
                   WHERE run_id = ? AND job_name <> 'refresh_tokens' GROUP BY 1, 2"""
        lines = {(code, job): number for code, job, number in self.scene.sql(query, self.id)}
        parts = ("sync_user_daily", "sync_video_daily")
        wanted = {(code, part): 1 for code in self.scene.codes for part in parts}
        wrong = set(lines.items()) ^ set((wanted | {("", "sync_all"): 1}).items())
        assert not wrong, wrong

    def stored(self, ended: datetime) -> dict[str, dict[str, Any]]:
        """What the hub has of the run's day, straight from the facts, by store."""
        day = ended.date()
        assert self.began.date() == day, "midnight (UTC) passed during this test: run it again"
        users = self.scene.sql(
            """SELECT store_code, follower_count, likes_count, video_count, count(*)
               FROM tiktok_user_daily WHERE snapshot_date = ? GROUP BY store_code""",
            str(day),
        )
        facts = self.scene.sql(
            """SELECT store_code, count(*), sum(view_count), sum(like_count), sum(comment_count),
                      sum(share_count), count(DISTINCT video_id)
               FROM tiktok_video_daily WHERE snapshot_date = ? GROUP BY store_code""",
            str(day),
        )
        found: dict[str, dict[str, Any]] = {}
        for code, followers, likes, videos, rows in users:
            assert rows == 1
            found[code] = {"followers": followers, "likes": likes, "video_count": videos}
        for code, rows, views, likes, comments, shares, distinct in facts:
            assert rows == distinct
            sums = {"total_views": views, "total_likes": likes, "total_comments": comments,
                    "total_shares": shares}  # fmt: skip
            found[code] |= {"tracked_videos": rows, **sums}
        return found

    def check_store(
        self, code: str, stored: dict[str, Any], low: dict[str, Any], high: dict[str, Any]
    ) -> None:
        for ours, theirs in (COUNTS | SUMS).items():
            span = f"{code} {ours}: {low[theirs]} ≤ {stored[ours]} ≤ {high[theirs]}"
            assert low[theirs] <= stored[ours] <= high[theirs], span
        assert stored["tracked_videos"] == high["videos"]

    def check_recount(self, ended: datetime) -> None:
        """Rollups say what the facts say."""
        stored = self.stored(ended)
        day = (ended.date() - datetime(1970, 1, 1).date()).days
        names = ("followers", "likes", "video_count", "tracked_videos", *SUMS)
        listed = ", ".join(names)
        for table, where in (("store_daily", f"t.day = {day}"), ("store_latest", "1")):
            rows = self.scene.sql(
                f"SELECT s.store_code, {listed} FROM {table} t "
                f"JOIN stores s ON s.id = t.store_id WHERE {where}"
            )
            kept = {code: dict(zip(names, row, strict=True)) for code, *row in rows}
            for code, numbers in stored.items():
                assert kept[code] == dict.fromkeys(names) | numbers, (table, code)
        whole = self.scene.sql(f"SELECT stores, {listed} FROM day_total WHERE day = ?", day)[0]
        sums = [sum(one.get(name) or 0 for one in stored.values()) for name in names]
        assert list(whole) == [len(stored), *sums]


def runs(pid: int) -> bool:
    """Whether such a process lives (a zombie does not)."""
    return any(mark.startswith(f"{pid}@") for mark in family(pid))


def kill(pid: int, sign: signal.Signals = signal.SIGKILL, *, whole: bool = False) -> set[str]:
    """Send a signal to a process, or to it and all below it; who got it, as `pid@start`."""
    marks = family(pid) if whole else {mark for mark in family(pid) if mark.startswith(f"{pid}@")}
    for number in sorted(int(mark.split("@")[0]) for mark in marks):
        try:
            os.kill(number, sign)
        except ProcessLookupError:
            pass  # it ended in the same moment
    return marks


def copy_data(template: Path, folder: Path) -> None:
    """The database and the secrets of a hub that has stopped."""
    folder.mkdir(parents=True)
    for path in (*template.glob("hub.sqlite3*"), template / "secrets.json"):
        shutil.copy(path, folder / path.name)


def until(seconds: float, done: Callable[[], bool], else_say: str) -> float:
    """How long `done` took to become true."""
    start = time.monotonic()
    wait_for(done, seconds, else_say)
    return time.monotonic() - start

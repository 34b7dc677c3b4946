"""Stop the hub, let two days pass, start, sync: the curves go on, the gap is a gap."""

import os
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.faults.scene import QUICK, Scene
from tests.installation import start_sandbox
from tests.running import free_port
from tests.servers import ROOT

AWAY = 2
HISTORY = 3
COUNTS = ("followers", "likes", "video_count", "total_views")


def load_demo(scene: Scene) -> None:
    """`flask demo load`: stores with a past of three days that ends yesterday."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {name.upper(): str(value) for name, value in
             (scene.settings | scene.sandbox.settings).items()}  # fmt: skip
    environment = kept | given | {"HUB_DATA_DIR": str(scene.folder), "PORT": str(free_port())}
    stores = ["--stores", str(40), "--days", str(HISTORY), "--sandbox", scene.sandbox.url]
    for words in (["migrate"], ["demo", "load", *stores]):
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Three days of history, today's sync; two days nobody is there; a sync, and one a day on."""
    folder = tmp_path_factory.mktemp("days")
    scene: Scene | None = None
    for ahead in (0, AWAY, AWAY + 1):
        offset = f"{ahead}d"
        kept: dict[str, Any] = {"data_dir": folder / "sandbox", "clock_offset": offset}
        with start_sandbox(**kept, videos=12, new_videos="true") as sandbox:
            if scene is None:
                scene = Scene(folder / "hub", sandbox, dict(QUICK))
                scene.folder.mkdir()
                load_demo(scene)
            scene.sandbox, scene.days = sandbox, float(ahead)
            scene.start(hub_clock_offset=offset)
            try:
                sync(scene, ahead)
            finally:
                assert scene.hub.stop() == 0
    assert scene
    return scene


def sync(scene: Scene, ahead: int) -> None:
    run = scene.sync()
    run.wait(40)
    failed = {code: cause for code, cause in run.items("cause").items() if cause}
    scene.codes = [code for code, state in run.items("state").items() if state == "done"]
    # shops of the demo with something wrong: two whose access was revoked, one without videos
    assert len(scene.codes) >= 37, failed
    ended = scene.now()
    low, high, stored = scene.totals(run.began), scene.totals(ended), run.stored(ended)
    for code in scene.codes:
        if "tracked_videos" in stored[code]:
            run.check_store(code, stored[code], low[code.lower()], high[code.lower()])
    run.check_recount(ended)


def days_of(scene: Scene, table: str, columns: str) -> dict[int, tuple[Any, ...]]:
    """Rows of a day, by days since the first sync (yesterday is -1)."""
    first = scene.one("SELECT min(day) FROM sync_runs")
    rows = scene.sql(f"SELECT day - ?, {columns} FROM {table} ORDER BY day", first)
    return {day: rest for day, *rest in rows}  # type: ignore[misc]


def test_the_gap_is_a_gap(story: Scene) -> None:
    codes = ", ".join(f"'{code}'" for code in story.codes)
    first = story.one("SELECT min(day) FROM sync_runs")
    rows = story.sql(
        f"""SELECT s.store_code, d.day - ?, d.views_gained FROM store_daily d
            JOIN stores s ON s.id = d.store_id WHERE s.store_code IN ({codes})""",
        first,
    )
    days: dict[str, dict[int, Any]] = {code: {} for code in story.codes}
    for code, day, gained in rows:
        days[code][day] = gained
    for code, gained in days.items():
        assert sorted(gained) == [-3, -2, -1, 0, AWAY, AWAY + 1], code
        assert gained[AWAY] is None, f"{code}: what two days brought is not one day's gain"
    with_videos = [gained for gained in days.values() if gained[AWAY + 1] is not None]
    assert len(with_videos) >= 36
    assert all(gained[0] is not None for gained in with_videos)


def test_the_network_has_the_same_gap(story: Scene) -> None:
    total = days_of(story, "day_total", "views_gained")
    assert sorted(total) == [-3, -2, -1, 0, AWAY, AWAY + 1]
    assert total[AWAY] == [None]
    assert total[0][0] > 0
    assert total[AWAY + 1][0] > 0


def test_every_curve_continues(story: Scene) -> None:
    """Followers and likes never fall in the sandbox's world; views do only with their video."""
    for code in story.codes:
        rows = story.sql(
            "SELECT follower_count, likes_count FROM tiktok_user_daily WHERE store_code = ? "
            "ORDER BY snapshot_date",
            code,
        )
        assert len(rows) == HISTORY + 3
        for before, after in pairwise(rows):
            assert before[0] <= after[0], code
            assert before[1] <= after[1], code
    falls = story.one(
        """SELECT count(*) FROM video_daily a JOIN video_daily b
           ON b.store_id = a.store_id AND b.video_id = a.video_id AND b.day > a.day
           WHERE b.view_count < a.view_count"""
    )
    assert falls == 0


def test_days_of_people_and_of_tables_agree(story: Scene) -> None:
    today = date.today()
    wanted = [today + timedelta(days=ahead) for ahead in (-3, -2, -1, 0, AWAY, AWAY + 1)]
    for table in ("tiktok_user_daily", "tiktok_video_daily"):
        found = story.sql(f"SELECT DISTINCT snapshot_date FROM {table} ORDER BY 1")
        assert [row[0] for row in found] == [str(day) for day in wanted], table

"""The SELECT statements of spec 003's Monitoring section run on both databases.

They stand here as the spec has them; for SQLite only its form of an interval is put in.
"""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from hub.clock import day_number, now
from hub.db import begin
from hub.sync.models import SyncLog
from tests.sync.nights import user, video, write
from tests.sync.world import shop

PERFORMANCE = """
SELECT
  job_name,
  COUNT(*) as runs,
  AVG(duration_ms)/1000 as avg_duration_sec,
  MIN(duration_ms)/1000 as min_duration_sec,
  MAX(duration_ms)/1000 as max_duration_sec,
  SUM(CASE WHEN status = 'SUCCESS' THEN 1 ELSE 0 END) as successful,
  SUM(CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END) as failed
FROM sync_logs
WHERE run_time >= CURRENT_DATE - INTERVAL '7 days'
  AND store_code IS NULL  -- Job-level logs only
GROUP BY job_name
ORDER BY job_name;
"""
FAILURES = """
SELECT
  store_code,
  COUNT(*) as failure_count,
  MAX(run_time) as last_failure,
  MAX(message) as last_error
FROM sync_logs
WHERE status = 'FAILED'
  AND run_time >= CURRENT_DATE - INTERVAL '7 days'
GROUP BY store_code
ORDER BY failure_count DESC
LIMIT 10;
"""
GROWTH = """
SELECT
  DATE(snapshot_date) as date,
  COUNT(DISTINCT store_code) as stores_synced,
  SUM(follower_count) as total_followers,
  SUM(video_count) as total_videos
FROM tiktok_user_daily
WHERE snapshot_date >= CURRENT_DATE - INTERVAL '30 days'
GROUP BY DATE(snapshot_date)
ORDER BY date DESC;
"""


def ask(statement: str, database: str) -> list[dict[str, Any]]:
    if not database:
        for days in ("7", "30"):
            statement = statement.replace(
                f"CURRENT_DATE - INTERVAL '{days} days'", f"DATE('now', '-{days} days')"
            )
    with begin() as connection:
        return [dict(row) for row in connection.execute(text(statement)).mappings()]


@pytest.fixture(autouse=True)
def history(database: str, app: Any) -> None:
    one, two = shop("satu"), shop("dua")
    today = day_number(now().date())
    for store, day, followers in ((one, 0, 10), (two, 0, 5), (one, 1, 9), (one, 40, 1)):
        write(store, today - day, video("a"), account=user(followers))
    lines = [
        (None, "sync_user_daily", "SUCCESS", "Synced 2/2", 2000, 0),
        (None, "sync_user_daily", "FAILED", "Synced 0/2", 4000, 1),
        (None, "sync_video_daily", "SUCCESS", "Synced 2/2", 1000, 0),
        (None, "sync_user_daily", "SUCCESS", "long ago", 9000, 30),
        ("satu", "sync_user_daily", "FAILED", "b", 10, 0),
        ("satu", "sync_video_daily", "FAILED", "a", 10, 2),
        ("dua", "sync_user_daily", "FAILED", "c", 10, 30),
    ]
    with begin() as connection:
        connection.execute(insert(SyncLog), [
            {"store_code": code, "job_name": job, "status": status, "message": message,
             "duration_ms": took, "run_time": now() - timedelta(days=back)}
            for code, job, status, message, took, back in lines
        ])  # fmt: skip


def test_recent_sync_performance(database: str) -> None:
    found = ask(PERFORMANCE, database)
    assert [
        (row["job_name"], row["runs"], float(row["avg_duration_sec"]), row["min_duration_sec"],
         row["max_duration_sec"], row["successful"], row["failed"])
        for row in found
    ] == [
        ("sync_user_daily", 2, 3, 2, 4, 1, 1), ("sync_video_daily", 1, 1, 1, 1, 1, 0)
    ]  # fmt: skip


def test_stores_with_sync_failures(database: str) -> None:
    found = ask(FAILURES, database)
    assert [(row["store_code"], row["failure_count"], row["last_error"]) for row in found] == [
        ("satu", 2, "b"), (None, 1, "Synced 0/2")
    ]  # fmt: skip
    assert str(found[0]["last_failure"]).startswith(f"{now():%Y-%m-%d}")


def test_data_growth_over_time(database: str) -> None:
    found = ask(GROWTH, database)
    columns = ("stores_synced", "total_followers", "total_videos")
    assert [tuple(row[name] for name in columns) for row in found] == [(2, 15, 6), (1, 9, 3)]
    assert str(found[0]["date"]) == f"{now():%Y-%m-%d}"

"""Documented answers of the sync doors: the examples of spec 003."""

from typing import Any

ONE_STORE = {
    "success": True,
    "data": {
        "success": True,
        "storeCode": "store_jakarta_01",
        "message": "User stats synced successfully: 5000 followers, 50 videos",
        "duration": 2500,
        "recordsProcessed": 1,
    },
}
ALL_STORES = {
    "success": True,
    "data": {
        "refresh_tokens": {"total": 300, "refreshed": 50, "failed": 0},
        "user_sync": {"total": 300, "successful": 298, "failed": 2, "skipped": 0},
        "video_sync": {
            "total": 300,
            "successful": 295,
            "failed": 3,
            "skipped": 2,
            "totalVideos": 15000,
        },
    },
}
STARTED = {
    "success": True,
    "data": {"run_id": 17, "state": "queued", "status_url": "/admin/sync/runs/17"},
}
STATUS = {
    "success": True,
    "data": {
        "enabled": True,
        "timezone": "UTC",
        "jobs": [
            {
                "name": "refresh_tokens",
                "schedule": "0 1 * * *",
                "nextRun": "2026-01-25T01:00:00.000Z",
                "running": False,
            }
        ],
    },
}
LOGS = {
    "success": True,
    "data": [
        {
            "id": 1,
            "storeCode": "store_jakarta_01",
            "jobName": "sync_user_daily",
            "status": "SUCCESS",
            "message": "User stats synced successfully: 5000 followers, 50 videos",
            "rawError": None,
            "durationMs": 2500,
            "runTime": "2026-01-24T02:00:00.000Z",
        }
    ],
    "count": 1,
}
RUN: dict[str, Any] = {
    "id": 17,
    "job": "all",
    "state": "running",
    "outcome": None,
    "trigger": "api",
    "actor": "root key",
    "storeCode": None,
    "createdAt": "2026-01-24T09:00:00.000Z",
    "startedAt": "2026-01-24T09:00:00.200Z",
    "finishedAt": None,
    "processed": 187,
    "total": 300,
    "percent": 62,
    "etaSeconds": 95,
    "successful": 183,
    "failed": 4,
    "skipped": 0,
    "cancelled": 0,
    "queued": 93,
    "running": 20,
    "causes": [
        {
            "cause": "access_expired",
            "count": 2,
            "message": "Access has ended: the owner must allow it again",
        }
    ],
    "totals": ALL_STORES["data"],
    "retryOf": None,
    "cancelledBy": None,
    "error": None,
}

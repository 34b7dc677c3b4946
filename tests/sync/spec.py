"""Spec 003's examples of Sync Operations, as its own text has them."""

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
TOTALS = {
    "refresh_tokens": {"total": 300, "refreshed": 50, "failed": 0},
    "user_sync": {"total": 300, "successful": 298, "failed": 2, "skipped": 0},
    "video_sync": {
        "total": 300,
        "successful": 295,
        "failed": 3,
        "skipped": 2,
        "totalVideos": 15000,
    },
}
STATUS_JOB = {
    "name": "refresh_tokens",
    "schedule": "0 1 * * *",
    "nextRun": "2026-01-25T01:00:00.000Z",
    "running": False,
}
STATUS = {"success": True, "data": {"enabled": True, "timezone": "UTC", "jobs": [STATUS_JOB]}}
LOG_LINE = {
    "id": 1,
    "storeCode": "store_jakarta_01",
    "jobName": "sync_user_daily",
    "status": "SUCCESS",
    "message": "User stats synced successfully: 5000 followers, 50 videos",
    "rawError": None,
    "durationMs": 2500,
    "runTime": "2026-01-24T02:00:00.000Z",
}
STARTED = {"success": True, "data": {"run_id": 1, "state": "queued", "status_url": "/admin/…"}}
RUN_KEYS = {
    "id", "job", "state", "outcome", "trigger", "actor", "createdAt", "startedAt", "finishedAt",
    "processed", "total", "percent", "etaSeconds", "successful", "failed", "skipped", "cancelled",
    "causes", "totals",
}  # fmt: skip
NOT_FOUND = ("STORE_NOT_FOUND", "Store not found")

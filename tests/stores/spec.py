"""Spec 003's own examples, and whether an answer has their keys, nesting and kinds of values."""

from typing import Any

LISTED_STORE = {
    "storeCode": "store_jakarta_01",
    "storeName": "Store Jakarta Pusat",
    "picName": "John Doe",
    "picContact": "john@example.com",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "connectionStatus": "CONNECTED",
    "accountId": 123,
    "accountIdentifier": "user_open_id_123",
    "connectedAt": "2026-01-02T10:00:00.000Z",
    "lastSyncTime": "2026-01-24T02:00:00.000Z",
    "tokenExpiresAt": "2026-01-25T10:00:00.000Z",
    "latestUserStats": {"followerCount": 5000, "likesCount": 10000, "videoCount": 50},
    "latestVideoStats": {"totalVideos": 50, "totalViews": 100000},
}
STORE_LIST = {"success": True, "data": [LISTED_STORE], "count": 1}
NEW_STORE = {
    "store_code": "store_jakarta_01",
    "store_name": "Store Jakarta Pusat",
    "pic_name": "John Doe",
    "pic_contact": "john@example.com",
}
CREATED_STORE = {
    "success": True,
    "data": {
        "storeCode": "store_jakarta_01",
        "storeName": "Store Jakarta Pusat",
        "picName": "John Doe",
        "picContact": "john@example.com",
        "createdAt": "2026-01-24T09:00:00.000Z",
    },
    "message": "Store created successfully",
    "next_step": "Connect TikTok account at: GET /connect/tiktok?store_code=store_jakarta_01",
}
ONE_STORE = {"success": True, "data": LISTED_STORE}
ACCOUNTS = {
    "success": True,
    "data": [
        {
            "id": 1,
            "storeCode": "store_jakarta_01",
            "platform": "tiktok",
            "hasValidToken": True,
            "accountIdentifier": "user_open_id_123",
            "lastSyncAt": "2026-01-24T02:00:00.000Z",
            "createdAt": "2026-01-02T10:00:00.000Z",
            "updatedAt": "2026-01-24T02:00:00.000Z",
        }
    ],
    "count": 1,
}
USER_STATS = {
    "success": True,
    "data": [
        {
            "id": 1,
            "storeCode": "store_jakarta_01",
            "snapshotDate": "2026-01-24",
            "followerCount": 5000,
            "followingCount": 100,
            "likesCount": 10000,
            "videoCount": 50,
            "displayName": "Store Jakarta",
            "avatarUrl": "https://...",
            "createdAt": "2026-01-24T02:00:00.000Z",
        }
    ],
    "count": 7,
}
VIDEO_STATS = {
    "success": True,
    "data": [
        {
            "id": 1,
            "storeCode": "store_jakarta_01",
            "snapshotDate": "2026-01-24",
            "videoId": "video_123",
            "viewCount": 1000,
            "likeCount": 50,
            "commentCount": 10,
            "shareCount": 5,
            "description": "Video description...",
            "createdAt": "2026-01-24T02:00:00.000Z",
        }
    ],
    "count": 50,
}
AUTH_URL = {"success": True, "data": {"authUrl": "https://www.tiktok.com/v2/auth/authorize?…"}}


def assert_like(answer: Any, example: Any, where: str = "answer") -> None:
    """Every key of the example is there with a value of its kind; more keys are allowed."""
    if isinstance(example, dict):
        assert isinstance(answer, dict), where
        for key, value in example.items():
            assert key in answer, f"{where}.{key} is missing"
            assert_like(answer[key], value, f"{where}.{key}")
    elif isinstance(example, list):
        assert isinstance(answer, list) and answer, where
        for place, row in enumerate(answer):
            assert_like(row, example[0], f"{where}[{place}]")
    else:
        assert type(answer) is type(example), f"{where} is {answer!r}"
        if isinstance(example, str) and example.endswith("Z"):
            assert len(answer) == len(example) and answer.endswith("Z"), f"{where} is {answer}"


def refusal(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "error": {"code": code, "message": message}}

"""Documented answers of the store doors: the examples of spec 003."""

from typing import Any

STORE = {
    "storeCode": "store_jakarta_01",
    "storeName": "Store Jakarta Pusat",
    "picName": "John Doe",
    "picContact": "john@example.com",
    "tags": ["jakarta"],
    "createdAt": "2026-01-01T00:00:00.000Z",
    "archivedAt": None,
    "connectionStatus": "CONNECTED",
    "state": "fresh",
    "cause": None,
    "accountId": 123,
    "accountIdentifier": "user_open_id_123",
    "displayName": "Store Jakarta",
    "connectedAt": "2026-01-02T10:00:00.000Z",
    "lastSyncTime": "2026-01-24T02:00:00.000Z",
    "tokenExpiresAt": "2026-01-25T10:00:00.000Z",
    "latestUserStats": {
        "followerCount": 5000,
        "likesCount": 10000,
        "videoCount": 50,
        "snapshotDate": "2026-01-24",
    },
    "latestVideoStats": {
        "totalVideos": 50,
        "totalViews": 100000,
        "snapshotDate": "2026-01-24",
    },
}
NEW_STORE = {
    "success": True,
    "data": {
        "storeCode": "store_jakarta_01",
        "storeName": "Store Jakarta Pusat",
        "picName": "John Doe",
        "picContact": "john@example.com",
        "tags": [],
        "createdAt": "2026-01-24T09:00:00.000Z",
    },
    "message": "Store created successfully",
    "next_step": "Connect TikTok account at: GET /connect/tiktok?store_code=store_jakarta_01",
}
ACCOUNT = {
    "id": 1,
    "storeCode": "store_jakarta_01",
    "platform": "tiktok",
    "hasValidToken": True,
    "accountIdentifier": "user_open_id_123",
    "lastSyncAt": "2026-01-24T02:00:00.000Z",
    "createdAt": "2026-01-02T10:00:00.000Z",
    "updatedAt": "2026-01-24T02:00:00.000Z",
    "status": "CONNECTED",
    "cause": None,
    "displayName": "Store Jakarta",
    "scopes": ["user.info.basic", "user.info.stats", "video.list"],
    "missingScopes": [],
    "connectedAt": "2026-01-02T10:00:00.000Z",
    "reconnectBy": "2026-07-01T10:00:00.000Z",
}
USER_DAY = {
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
VIDEO_DAY = {
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
LINK = {
    "success": True,
    "data": {"url": "https://hub.example/c/Zk3…", "expiresAt": "2026-01-27T09:00:00.000Z"},
}
AUTH_URL = {
    "success": True,
    "data": {
        "authUrl": "https://www.tiktok.com/v2/auth/authorize/?client_key=xxx"
        "&scope=user.info.basic,user.info.stats,video.list&response_type=code"
        "&redirect_uri=http://localhost:3000/auth/tiktok/callback"
        "&state=store_jakarta_01_nonce_signature"
    },
}
TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "required": ["success", "error"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": TEXT, "message": TEXT},
        },
    },
}
REFUSALS = {
    400: ("INVALID_REQUEST", "days must be a whole number from 1 to 365"),
    401: ("UNAUTHORIZED", "Missing or invalid API key"),
    403: ("FORBIDDEN", "Connecting needs a link from the people who run Hub, or a login"),
    404: ("STORE_NOT_FOUND", "Store not found"),
    409: ("STORE_EXISTS", "Store with this code already exists"),
    429: ("RATE_LIMIT_EXCEEDED", "Too many requests"),
    500: ("SERVER_MISCONFIG", "TikTok is not set up"),
}


def answer(example: Any, description: str = "", csv: bool = False) -> dict[str, Any]:
    """A documented success by its example."""
    content: dict[str, Any] = {
        "application/json": {"schema": {"type": "object"}, "example": example}
    }
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {"description": description or "OK", "content": content}


def listed(*rows: Any) -> dict[str, Any]:
    return {"success": True, "data": list(rows), "count": len(rows)}


def refusals(*statuses: int) -> dict[Any, Any]:
    """Documented errors by status, each with its code and message."""
    return {
        status: {
            "description": REFUSALS[status][0],
            "content": {
                "application/json": {
                    "schema": PROBLEM,
                    "example": {
                        "success": False,
                        "error": dict(zip(("code", "message"), REFUSALS[status], strict=True)),
                    },
                }
            },
        }
        for status in statuses
    }

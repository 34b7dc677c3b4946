"""JSON log lines on stdout, one object a line, with the request id and without secrets."""

import json
import logging
import sys
import time
from typing import Any

from flask import g, has_request_context

from hub.crypto import redact, redact_fields

LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
PLAIN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

logger = logging.getLogger("hub")


class JsonLines(logging.Formatter):
    """`logger.info("Sync progress", extra={"processed": 30})` is one line with `processed`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "msg": redact(record.getMessage()),
        }
        extra = {key: value for key, value in vars(record).items() if key not in PLAIN}
        line |= redact_fields(extra)
        if has_request_context() and (request_id := g.get("request_id")):
            line["requestId"] = request_id
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def init_log(level: str) -> None:
    """Send everything through one handler; libraries from WARNING on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(LEVELS[level], logging.WARNING))
    logger.setLevel(LEVELS[level])

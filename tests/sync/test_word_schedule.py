"""Cron expressions and log lines in words."""

from typing import Any

import pytest

from hub.sync import wording


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 2 * * *", "every day at 02:00"),
        ("30 14 * * *", "every day at 14:30"),
        ("*/5 * * * *", "every 5 minutes"),
        ("* * * * *", "every minute"),
        ("0 3 * * 1", "every Monday at 03:00"),
        ("0 3 * * 7", "every Sunday at 03:00"),
        ("0 3 * * 1-5", "by the cron expression 0 3 * * 1-5"),
        ("0 0 29 2 *", "by the cron expression 0 0 29 2 *"),
        ("15 */6 * * *", "by the cron expression 15 */6 * * *"),
    ],
)
def test_a_cron_expression_is_told(app: Any, cron: str, words: str) -> None:
    with app.test_request_context("/"):
        assert wording.cron_words(cron) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("User stats synced successfully: 1200 followers, unknown videos",
         "1,200 followers, unknown videos in the account"),
        ("Video stats synced successfully: 50 videos", "Numbers of 50 videos stored"),
        ("Synced 287/300 stores, 8 failed, 5 skipped",
         "287 of 300 stores read, 8 failed, 5 skipped"),
        ("Synced 1/3 stores, 0 failed, 0 skipped, cancelled by rina",
         "1 of 3 stores read, 0 failed, 0 skipped, cancelled by rina"),
        ("Refreshed 31/300 tokens, 2 failed", "Access renewed for 31 of 300 stores, 2 failed"),
        ("Token is still valid", "Access is still valid"),
        ("Something new", "Something new"),
    ],
)  # fmt: skip
def test_a_line_is_told(app: Any, line: str, words: str) -> None:
    with app.test_request_context("/"):
        assert wording.log_words(line) == words

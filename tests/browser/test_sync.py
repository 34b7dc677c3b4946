"""The sync pages in a real browser: start a run, watch it to its end, cancel it, retry it."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from hub.db import db
from hub.sync import runs
from hub.users.models import User
from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.gallery import served
from tests.people import OMAR, PASSWORD, add_person
from tests.sync.made_runs import add_run
from tests.sync.world import connect, working

STORES = [f"JKT-{n:02d}" for n in range(12)]
AGAIN = {"trying_again": True, "cause": "timeout"}
EXPIRED = {"cause": "access_expired", "detail": "400 invalid_grant: Refresh token is expired."}
NO_VIDEOS = {"cause": "missing_scope", "user_state": "success", "video_state": "skipped"}
LIVE = [
    ("A-1", "done", {"user_state": "success", "video_state": "success", "videos": 50}),
    ("A-2", "failed", EXPIRED), ("A-3", "failed", EXPIRED), ("A-4", "done", NO_VIDEOS),
    ("A-5", "skipped", {"cause": "not_connected"}), ("A-6", "running", AGAIN),
    ("A-7", "running"), *[(f"B-{n}", "queued") for n in range(30)],
]  # fmt: skip


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"sync_concurrency": 3, "video_sync_concurrency": 3, "cron_enabled": True,
            "public_url": "http://127.0.0.1"}  # fmt: skip


@pytest.fixture
def site(app: Any) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def open_as_omar(page: Page, site: str) -> Callable[[str], Page]:
    """Log in by the form, then open a path."""
    add_person(OMAR)

    def log_in(path: str, on: Page = page) -> Page:
        on.goto(f"{site}/login?next=/dashboard/sync")
        on.get_by_label("Email").fill(OMAR.email)
        on.get_by_label("Password").fill(PASSWORD)
        on.keyboard.press("Enter")
        on.wait_for_url(lambda url: "/login" not in url)
        if path != "/dashboard/sync":
            on.goto(site + path)
        return on

    return log_in


def polls(page: Page) -> list[float]:
    """When htmx asks, from now on."""
    asked: list[float] = []
    page.on("request", lambda one: asked.append(time.monotonic())
            if one.headers.get("hx-request") else None)  # fmt: skip
    return asked


@pytest.mark.slow
def test_a_run_is_started_watched_to_its_end_and_retried(
    redis: Any, sandbox: Any, app: Any, console: Console, open_as_omar: Any
) -> None:
    connect(sandbox, *STORES)
    sandbox.post("/_faults", fault="garbage", endpoint="user/info", handle="jkt-03", times=0)
    sandbox.post("/_faults", fault="slow", endpoint="user/info", seconds=0.7, times=0)
    page = open_as_omar("/dashboard/sync")
    with working(app, redis.url):
        page.get_by_role("button", name="Sync all stores").click()
        page.wait_for_url("**/dashboard/sync/runs/1")
        asked = polls(page)
        expect(page.locator("#run .live")).to_be_visible()
        expect(page.locator("#run .live")).to_contain_text(
            re.compile("about .+ left, done near"), timeout=9000
        )
        expect(page.get_by_role("button", name="Retry 1 failed store")).to_be_visible(timeout=30000)
        expect(page.locator("#said")).to_contain_text("Done, some failed. 12 of 12")
        expect(page.locator("#cancel-run")).to_have_count(0)
        expect(page.get_by_role("heading", name="11 of 12 stores")).to_be_visible()
        expect(page.get_by_text("TikTok’s answer could not be read").first).to_be_visible()
        ended, count = time.monotonic(), len(asked)
        assert count >= 2
        page.wait_for_timeout(4500)
        assert [at for at in asked if at > ended] == [], "it goes on asking"
        sandbox.post("/_faults/reset")
        page.get_by_role("button", name="Retry 1 failed store").click()
        page.wait_for_url("**/dashboard/sync/runs/2")
        expect(page.get_by_role("heading", name="1 of 1 store")).to_be_visible(timeout=20000)
        expect(page.get_by_text("Nobody has to act")).to_be_visible(timeout=20000)


def test_the_first_page_follows_and_then_offers_the_next_start(
    console: Console, open_as_omar: Any
) -> None:
    run = add_run([("A", "done"), ("B", "queued")], "running")
    page = open_as_omar("/dashboard/sync")
    expect(page.get_by_role("heading", level=1)).to_have_text("Running: 1 of 2 stores")
    expect(page.get_by_role("button", name="Sync all stores")).to_have_count(0)
    runs.cancel(run, "x")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Last run was cancelled")
    expect(page.get_by_role("button", name="Sync all stores")).to_be_visible()
    expect(page.locator("#runs")).to_contain_text("Cancelled")
    asked = polls(page)
    page.wait_for_timeout(4500)
    assert asked == []


def test_cancelling_asks_first_and_escape_keeps_the_run(
    console: Console, open_as_omar: Any
) -> None:
    run = add_run(LIVE, "running")
    page = open_as_omar(f"/dashboard/sync/runs/{run}")
    page.get_by_role("link", name="Cancel run …").press("Enter")
    dialog = page.get_by_role("dialog", name=f"Cancel run {run}?")
    expect(dialog.get_by_role("button", name="Let it run")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.wait_for_timeout(2500)
    expect(page.get_by_role("link", name="Cancel run …")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Cancel run").click()
    expect(page.get_by_text("2 stores finish first")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel run …")).to_have_count(0)


def test_a_poll_leaves_focus_details_and_typing_alone(console: Console, open_as_omar: Any) -> None:
    run = add_run(LIVE, "running")
    page = open_as_omar(f"/dashboard/sync/runs/{run}")
    page.get_by_text("What TikTok answered").click()
    link = page.get_by_role("link", name="Slowest")
    link.focus()
    asked = polls(page)
    page.wait_for_timeout(4500)
    assert len(asked) >= 2
    expect(page.get_by_text("400 invalid_grant").first).to_be_visible()
    expect(link).to_be_focused()
    page.get_by_label("Store name or code").press_sequentially("toko a", delay=10)
    page.wait_for_timeout(4500)
    expect(page.get_by_label("Store name or code")).to_have_value("toko a")
    page.keyboard.press("Enter")
    expect(page.locator("#run .pager")).to_contain_text("1 to 7 of 7 stores")


def test_everything_works_without_script(browser: Browser, site: str, open_as_omar: Any) -> None:
    run = add_run(LIVE, "running", job="video")
    page = browser.new_context(java_script_enabled=False).new_page()
    open_as_omar(f"/dashboard/sync/runs/{run}", page)
    page.get_by_role("link", name="Cancel run …").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Cancel run {run}?")
    page.get_by_role("button", name="Cancel run").click()
    expect(page.get_by_text("2 stores finish first")).to_be_visible()
    page.goto(site + "/dashboard/sync")
    page.get_by_label("What to sync").select_option("user")
    page.get_by_role("button", name="Sync all stores").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("all stores, account numbers")
    page.context.close()


@pytest.mark.parametrize("language", ["en", "id"])
def test_it_is_accessible_silent_and_never_scrolls_sideways(
    page: Page, console: Console, open_as_omar: Any, site: str, language: str
) -> None:
    add_run(LIVE[:5], "done", outcome="partial", trigger="schedule", actor="schedule")
    live = add_run(LIVE, "running")
    open_as_omar("/dashboard/sync")
    db.session.query(User).filter_by(email=OMAR.email).update({"locale": language})
    db.session.commit()
    for path in ("/dashboard/sync", "/dashboard/sync/runs/1", f"/dashboard/sync/runs/{live}",
                 f"/dashboard/sync/runs/{live}/cancel", "/dashboard/sync/logs",
                 "/dashboard/sync/logs?q=nothing"):  # fmt: skip
        page.goto(site + path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert_accessible(page)
        assert_no_sideways_scroll(page, 320)
    heard = len(console.said)
    shot(page, f"sync-{language}")
    del console.said[heard:]  # the picture itself needs an inline style

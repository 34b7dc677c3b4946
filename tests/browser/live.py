"""A whole Hub behind an address, for browser tests of its pages: real server, real database."""

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from tests.people import PASSWORD, Person, add_person

TEN = datetime(2026, 11, 24, 3, tzinfo=UTC)  # in Jakarta: the night's slots have passed
FORGET = 4_200  # a page may ask for 4 s after something has ended, no longer


def at_ten() -> str:
    """The clock offset with which a Hub that starts now believes it is that morning."""
    return str(round((TEN - datetime.now(UTC)).total_seconds()))


def log_in(page: Page, address: str, person: Person) -> None:
    """Log in by the form, as people do."""
    add_person(person)
    page.goto(f"{address}/login")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out").first).to_be_attached()


def asked_after(page: Page, act: Callable[[], None]) -> list[str]:
    """The pages and fragments that are asked for in the seconds after `act`."""
    asked: list[str] = []
    act()
    page.on("request", lambda request: "/static/" in request.url or asked.append(request.url))
    page.wait_for_timeout(FORGET)
    return asked

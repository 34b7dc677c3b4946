"""A whole Hub behind an address, for browser tests of its pages: real server, real database."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.people import PASSWORD, Person, add_person

FORGET = 4_200  # a page may ask for 4 s after something has ended, no longer


def log_in(page: Page, address: str, person: Person) -> None:
    """Log in by the form, as people do."""
    add_person(person)
    page.goto(f"{address}/login")
    page.get_by_label("Email").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out").first).to_be_attached()


def asked_after(page: Page, act: Callable[[], None]) -> list[str]:
    """The addresses that the page asks for in the seconds after `act`."""
    asked: list[str] = []
    act()
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(FORGET)
    return asked

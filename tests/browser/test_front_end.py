"""The front end itself, shown by the gallery: both frames, every macro, every script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import Console, assert_accessible, assert_no_sideways_scroll, shot
from tests.browser.gallery import ROOT, gallery, served

PAGES = [
    ("ops", "/stores"),
    ("ops", "/form"),
    ("influencer", "/today"),
    ("", "/form"),
    ("", "/docs"),
]


@pytest.fixture(scope="module")
def addresses() -> Iterator[dict[str, str]]:
    with (
        served(gallery("ops")) as ops,
        served(gallery("influencer")) as me,
        served(gallery("")) as anon,
    ):
        yield {"ops": ops, "influencer": me, "": anon}


@pytest.fixture
def stores(page: Page, console: Console, addresses: dict[str, str]) -> Page:
    page.goto(addresses["ops"] + "/stores")
    return page


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_it_is_accessible_silent_and_never_scrolls_sideways(
    page: Page, console: Console, addresses: dict[str, str], role: str, path: str
) -> None:
    page.goto(addresses[role] + path)
    page.wait_for_load_state("networkidle")
    assert_accessible(page)
    assert_no_sideways_scroll(page, 320)
    shot(page, f"gallery{path.replace('/', '-')}-{role or 'anonymous'}")


def test_it_draws_charts_in_the_colours_of_the_theme_and_light_on_paper(stores: Page) -> None:
    chart = stores.locator("[data-figure]")
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("data-drawn", "light")
    stores.emulate_media(color_scheme="dark")
    expect(chart).to_have_attribute("data-drawn", "dark")
    stores.emulate_media(color_scheme="dark", media="print")
    expect(chart).to_have_attribute("data-drawn", "light")
    assert (
        chart.locator(".scatterlayer .trace").count() == 4
    )  # two stretches of area, line, comparison


def test_it_changes_only_the_list_and_keeps_the_address(stores: Page) -> None:
    stores.evaluate("document.body.dataset.same = 'yes'")
    stores.get_by_role("link", name="Followers").click()
    expect(stores.locator("[aria-sort]")).to_have_attribute("aria-sort", "descending")
    expect(stores).to_have_url(re.compile(r"\?sort=followers&order=desc$"))
    stores.get_by_role("link", name="Next").click()
    expect(stores.locator(".pager")).to_contain_text("26 to 50 of 300 stores")
    assert stores.evaluate("document.body.dataset.same") == "yes"
    stores.go_back()
    expect(stores.locator(".pager")).to_contain_text("1 to 25 of 300 stores")
    expect(stores.locator("h1")).to_have_count(1)


def test_it_sends_filters_by_itself(stores: Page) -> None:
    expect(stores.locator("[data-apply]")).to_be_hidden()
    stores.get_by_label("Tag").select_option("java")
    expect(stores).to_have_url(re.compile(r"\?tag=java$"))


def test_it_counts_selected_rows(stores: Page) -> None:
    stores.get_by_label("Select store 1", exact=True).check()
    expect(stores.locator("[data-select-bar]")).to_contain_text("1 store selected")
    stores.locator("[data-select-all]").check()
    expect(stores.locator("[data-select-bar]")).to_contain_text("4 stores selected")
    stores.get_by_role("button", name="Clear").click()
    expect(stores.locator("[data-select-bar]")).to_be_hidden()


def test_it_asks_before_it_acts_with_the_focus_on_the_safe_answer(stores: Page) -> None:
    opener = stores.get_by_role("button", name="Sync 3 late stores")
    opener.click()
    expect(stores.get_by_role("dialog")).to_be_visible()
    expect(stores.get_by_role("button", name="Keep connected")).to_be_focused()
    assert_accessible(stores)
    stores.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_it_says_what_was_done(stores: Page) -> None:
    stores.get_by_role("button", name="Sync now").click()
    expect(stores.get_by_role("status").get_by_text("Sync of 13 stores started")).to_be_visible()
    assert_accessible(stores)


def test_it_says_that_a_request_failed_and_changes_nothing(stores: Page, console: Console) -> None:
    console.expect("503")
    console.expect("Response Status Error Code 503")
    stores.evaluate("htmx.ajax('GET', '/refuse', '#rows')")
    expect(stores.locator("[data-toast=failed]")).to_contain_text("This did not work")
    expect(stores.locator("#rows")).to_be_visible()


def test_it_shows_what_to_correct_and_focuses_it(
    page: Page, console: Console, addresses: dict[str, str]
) -> None:
    console.expect("422")
    page.goto(addresses["ops"] + "/form")
    page.get_by_label("Campaign").fill("Panen raya")
    page.get_by_role("button", name="Save entry").click()
    expect(page.locator(".summary")).to_be_focused()
    expect(page.get_by_label("Brand")).to_have_attribute("aria-describedby", "e-brand_name")
    expect(page.get_by_label("Campaign")).to_have_value("Panen raya")
    assert_accessible(page)


def test_it_works_without_script(browser: Browser, addresses: dict[str, str]) -> None:
    page = browser.new_context(
        java_script_enabled=False, viewport={"width": 390, "height": 844}
    ).new_page()
    page.goto(addresses["ops"] + "/stores")
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Alerts")).to_be_visible()
    page.goto(addresses["ops"] + "/form")
    page.get_by_role("button", name="Save entry").click()
    expect(page.locator(".summary")).to_contain_text("3 things to correct")
    page.get_by_label("Brand").fill("Kopi Tebing")
    page.get_by_label("Date").fill("27 11 2026")
    page.get_by_label("Platform").select_option("tiktok")
    page.get_by_role("button", name="Save entry").click()
    expect(page.locator(".toast")).to_contain_text("Entry saved")


def test_it_keeps_the_two_dark_blocks_of_the_tokens_equal() -> None:
    css = (ROOT / "static" / "css" / "tokens.css").read_text()
    media, chosen = css.split(':root:not([data-theme="light"])')[1].split(
        ':root[data-theme="dark"]'
    )
    first, second = (
        re.findall(r"--[\w-]+:[^;]+;", part.split("@media (pointer")[0]) for part in (media, chosen)
    )
    assert first == second
    assert len(first) > 40


def test_it_names_colours_only_in_the_tokens() -> None:
    own = (ROOT / "static" / "css").glob("*.css")
    allowed = ("tokens.css", "print.css", "mediakit.css")
    named = {
        path.name: re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s,)])", path.read_text())
        for path in own
        if path.name not in allowed
    }
    assert not {name: colours for name, colours in named.items() if colours}


def test_it_has_a_licence_beside_every_vendored_package() -> None:
    vendor = ROOT / "static" / "vendor"
    packages = [
        path
        for path in vendor.rglob("*@*")
        if path.is_dir() and path.parent.name != "files" and re.search(r"@\d", path.name)
    ]
    assert len(packages) == 5
    assert [path.name for path in packages if not (path / "LICENSE").exists()] == []

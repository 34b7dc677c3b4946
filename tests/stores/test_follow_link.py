"""POST /admin/stores/<store_code>/connect-link, and /c/<token>."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from hub.clock import now
from hub.stores.models import ConnectLink
from tests.people import ANA, BUDI, MIRA, SARI, add_person, add_store
from tests.stores.world import agree

CODE = "jkt"


@pytest.fixture(autouse=True)
def store(app: Any, db: Any) -> None:
    add_store(CODE, store_name="Batik Sekar Arum")
    add_store("other")
    db.session.commit()


@pytest.fixture
def path(api: Any) -> str:
    answer = api().post(f"/admin/stores/{CODE}/connect-link")
    assert answer.status_code == 201
    return urlsplit(answer.json["data"]["url"]).path


def visible(page: Any) -> str:
    """The page without what every page says about itself: its id and where the language leads."""
    text = page.text.replace(page.headers["X-Request-Id"], "")
    return re.sub(r'name="(next|csrf_token)" value="[^"]*"', "", text)


def test_the_link_is_shown_once_and_kept_as_a_digest(api: Any, db: Any) -> None:
    data = api().post(f"/admin/stores/{CODE}/connect-link").json["data"]
    assert data["url"].startswith("http://localhost/c/")
    assert data["expiresAt"].endswith("Z")
    link = db.session.scalar(select(ConnectLink))
    assert link.token_digest not in data["url"]
    assert abs(link.expires_at - now() - timedelta(hours=72)) < timedelta(minutes=1)


def test_looking_uses_nothing_up(path: str, as_: Any, db: Any) -> None:
    for _ in range(3):
        page = as_(None).get(path)
        assert page.status_code == 200
        assert "Batik Sekar Arum" in page.text
        assert "Set-Cookie" not in page.headers or "connect" not in page.headers["Set-Cookie"]
    link = db.session.scalar(select(ConnectLink))
    assert (link.opened_at, link.used_at) == (None, None)


def test_its_form_may_end_at_tiktok(path: str, as_: Any) -> None:
    policy = as_(None).get(path).headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:9" in policy


def test_it_connects_once(path: str, sandbox: Any, as_: Any, db: Any, api: Any) -> None:
    browser = as_(None)
    start = browser.post(path)
    assert start.status_code == 303
    done = browser.get(agree(start.headers["Location"], CODE))
    assert "Successfully connected!" in done.text
    assert as_(None).get(path).status_code == 404
    assert as_(None).post(path).status_code == 404
    line = api().get(f"/admin/stores/{CODE}").json["data"]
    assert line["connectionStatus"] == "CONNECTED"


def test_refusing_at_tiktok_leaves_the_link(path: str, sandbox: Any, as_: Any) -> None:
    browser = as_(None)
    start = browser.post(path).headers["Location"]
    assert browser.get(agree(start, CODE, decision="refuse")).status_code == 400
    assert browser.get(path).status_code == 200


def test_two_started_with_one_link_only_one_connects(path: str, sandbox: Any, as_: Any) -> None:
    one, two = as_(None), as_(None)
    first, second = one.post(path).headers["Location"], two.post(path).headers["Location"]
    assert one.get(agree(first, CODE)).status_code == 200
    page = two.get(agree(second, "stranger"))
    assert page.status_code == 400
    assert "already used" in page.text


def test_closed_links_are_one_and_the_same_page(
    clock: Any, path: str, as_: Any, db: Any, api: Any
) -> None:
    browser = as_(None)
    assert browser.get(path).status_code == 200
    pages = [browser.get("/c/unknown")]
    for column in ("used_at", "revoked_at"):
        db.session.execute(update(ConnectLink).values({column: now()}))
        pages.append(browser.get(path))
        db.session.execute(update(ConnectLink).values({column: None}))
    api().delete(f"/admin/stores/{CODE}")
    pages.append(browser.get(path))
    api().patch(f"/admin/stores/{CODE}", json={"archived": False})
    clock.shift(timedelta(hours=73))
    pages.append(browser.get(path))
    assert {page.status_code for page in pages} == {404}
    assert len({visible(page) for page in pages}) == 1


class TestSigned:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"connect_require_signed": True}

    def test_a_stranger_is_refused_alike(self, as_: Any, api: Any) -> None:
        pages = [as_(None).get(f"/connect/tiktok?store_code={code}") for code in (CODE, "nobody")]
        assert [page.status_code for page in pages] == [403, 403]
        assert visible(pages[0]) == visible(pages[1])
        answers = [api(None).get(f"/auth/url?store_code={code}") for code in (CODE, "nobody")]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert answers[0].json == answers[1].json
        assert answers[0].json["error"]["code"] == "FORBIDDEN"

    def test_a_key_a_link_or_a_login_opens(self, as_: Any, api: Any, path: str) -> None:
        token = path.removeprefix("/c/")
        assert api().get(f"/auth/url?store_code={CODE}").status_code == 200
        assert api(None).get(f"/auth/url?store_code={CODE}&link={token}").status_code == 200
        assert api(None).get(f"/auth/url?store_code=other&link={token}").status_code == 403
        assert as_(ANA).get(f"/connect/tiktok?store_code={CODE}").status_code == 303
        add_person(BUDI)
        assert as_(SARI).get("/connect/tiktok?store_code=JKT001").status_code == 303
        assert as_(BUDI).get("/connect/tiktok?store_code=JKT001").status_code == 403
        assert as_(MIRA).get("/connect/tiktok?store_code=JKT001").status_code == 403
        assert as_(None).post(path).status_code == 303

    def test_a_wrong_key_counts(self, api: Any) -> None:
        assert api("wrong").get(f"/auth/url?store_code={CODE}").status_code == 403

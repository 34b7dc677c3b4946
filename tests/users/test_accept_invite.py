"""/i/<token>: shows without using up; sets a password once; else one and the same 404."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.users.invites import make_invite
from hub.users.models import InviteLink, Log
from hub.users.people import create_user, disable_user
from tests.people import ANA, BUDI, PASSWORD, add_person

NEW = {"password": "kopi tubruk panas"}


def path(url: str) -> str:
    return url.removeprefix("http://localhost")


@pytest.fixture
def link(app: Any) -> str:
    return path(make_invite(create_user("new@hub.test", "influencer")))


def test_it_shows_whom_it_is_for_and_uses_nothing_up(as_: Any, link: str) -> None:
    pages = [as_(None).get(link) for _ in range(3)]
    assert {page.status_code for page in pages} == {200}
    assert "new@hub.test" in pages[0].text
    assert pages[0].headers["Cache-Control"] == "no-store"
    assert pages[0].headers["Referrer-Policy"] == "no-referrer"


def test_it_sets_a_password_and_logs_in(as_: Any, link: str) -> None:
    browser = as_(None)
    answer = browser.post(link, data=NEW)
    assert (answer.status_code, answer.location) == (303, "/account")
    assert browser.get("/account").status_code == 200
    again = as_(None).post("/login", data=NEW | {"email": "new@hub.test"})
    assert again.status_code == 303


def test_it_keeps_only_a_digest(db: Any, link: str) -> None:
    row = db.session.scalar(select(InviteLink))
    assert link.removeprefix("/i/") not in str(vars(row))


@pytest.mark.parametrize("password", ["kopi", "password", "newnewnew", "new@hub.test", ""])
def test_it_refuses_a_weak_password_and_stays_open(as_: Any, link: str, password: str) -> None:
    page = as_(None).post(link, data={"password": password})
    assert page.status_code == 422
    assert 'aria-describedby="h-password e-password"' in page.text
    assert as_(None).get(link).status_code == 200


def test_it_answers_the_same_for_whatever_does_not_work(as_: Any, db: Any, clock: Any) -> None:
    people = [create_user(f"p{n}@hub.test", "influencer") for n in range(4)]
    used, revoked, disabled, expired = links = [path(make_invite(user)) for user in people]
    as_(None).post(used, data=NEW)
    make_invite(people[1])  # a newer link takes the place of the older
    disable_user(people[2])
    assert as_(None).get(expired).status_code == 200
    clock.shift(timedelta(days=7, seconds=1))
    pages = [as_(None).get(link) for link in [*links, "/i/unknown"]]
    pages += [as_(None).post(link, data=NEW) for link in (used, revoked, disabled, "/i/unknown")]
    assert {page.status_code for page in pages} == {404}
    texts = {
        page.text.replace(page.headers["X-Request-Id"], "").split("<main")[1] for page in pages
    }
    assert len(texts) == 1


def test_it_ends_other_browsers_and_the_block(as_: Any, app: Any) -> None:
    app.extensions["settings"].login_rate_limit = "5/15 minutes"
    user = add_person(ANA)
    browser = as_(ANA)
    for _ in range(5):
        as_(None).post("/login", data={"email": ANA.email, "password": "wrong"})
    link = path(make_invite(user))
    as_(None).post(link, data=NEW)
    assert browser.get("/account").status_code == 303
    app.extensions["settings"].trusted_proxies = "127.0.0.1"
    words, elsewhere = NEW | {"email": ANA.email}, {"X-Forwarded-For": "10.0.0.9"}
    assert as_(None).post("/login", data=words, headers=elsewhere).status_code == 303


def test_it_lets_only_one_of_two_in(as_: Any, link: str) -> None:
    one, other = as_(None), as_(None)
    assert one.post(link, data=NEW).status_code == 303
    assert other.post(link, data=NEW | {"password": PASSWORD}).status_code == 404


def test_it_is_audited(as_: Any, db: Any, link: str) -> None:
    as_(None).post(link, data=NEW)
    rows = db.session.scalars(select(Log).where(Log.action == "accept_invite")).all()
    assert [(row.actor, row.subject, row.status) for row in rows] == [
        ("new@hub.test", "new@hub.test", "success")
    ]


def test_a_reset_link_lives_a_day(as_: Any, clock: Any) -> None:
    link = path(make_invite(add_person(BUDI)))
    clock.shift(timedelta(hours=23))
    assert as_(None).get(link).status_code == 200
    clock.shift(timedelta(hours=1, seconds=1))
    assert as_(None).get(link).status_code == 404

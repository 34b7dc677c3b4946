"""flask users …: add, list, disable, enable, link, first-link."""

from typing import Any

import pytest
from sqlalchemy import select

from hub.stores.models import Store
from hub.users.models import Log, User
from hub.users.people import visible_stores
from tests.people import ANA, SARI, add_person, add_store


@pytest.fixture
def run(app: Any, db: Any) -> Any:
    """`run("users add …")` → (exit code, output)."""

    def command(line: str) -> tuple[int, str]:
        db.session.commit()
        done = app.test_cli_runner().invoke(args=line.split())
        db.session.expire_all()
        return done.exit_code, done.output.strip()

    return command


def user(db: Any, email: str) -> User:
    return db.session.scalars(select(User).where(User.email == email)).one()


def test_it_prints_a_link_that_sets_a_password(run: Any, as_: Any) -> None:
    code, said = run("users add Rani@hub.test --role ops")
    assert code == 0
    assert said.startswith("http://localhost/i/")
    assert "rani@hub.test" in as_(None).get(said.removeprefix("http://localhost")).text


def test_it_sets_a_password_at_once(run: Any, as_: Any) -> None:
    code, said = run("users add rani@hub.test --role ops --password kunci-gudang-7")
    assert (code, said) == (0, "added rani@hub.test")
    words = {"email": "rani@hub.test", "password": "kunci-gudang-7"}
    assert as_(None).post("/login", data=words).location == "/dashboard"


def test_it_gives_stores_and_tags(run: Any, app: Any, db: Any) -> None:
    add_store("JKT001")
    add_store("BDG002", tags=["west"])
    add_store("SBY003", tags=["east"])
    run("users add rani@hub.test --role store --store jkt001 --tag west")
    seen = select(Store.store_code).where(visible_stores(user(db, "rani@hub.test")))
    assert set(db.session.scalars(seen)) == {"JKT001", "BDG002"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("users add ana@hub.test --role ops", "already an account"),
        ("users add nonsense --role ops", "is not an email address"),
        ("users add x@hub.test --role store --store NOPE", "there is no store NOPE"),
        ("users add x@hub.test --role ops --store JKT001", "belong to the role store"),
        ("users add x@hub.test --role ops --password 12345678", "tried first by everybody"),
        ("users add x@hub.test --role king", "'king' is not one of"),
        ("users disable x@hub.test", "there is no account x@hub.test"),
        ("users link x@hub.test", "there is no account x@hub.test"),
    ],
)
def test_it_refuses_with_one_clear_line(run: Any, db: Any, line: str, words: str) -> None:
    add_person(ANA)
    code, said = run(line)
    assert code != 0
    assert words in said.splitlines()[-1]
    assert len(db.session.scalars(select(User)).all()) == 1


def test_it_lists_people(run: Any) -> None:
    add_person(ANA)
    run("users add rani@hub.test --role ops")
    run("users disable ana@hub.test")
    lines = run("users list")[1].splitlines()
    assert lines[0] == "ana@hub.test  admin  disabled  last login never"
    assert lines[1].startswith("rani@hub.test  ops  invited")


def test_it_disables_at_once_and_enables_again(run: Any, as_: Any) -> None:
    browser = as_(SARI)
    assert run("users disable SARI@hub.test")[0] == 0
    assert browser.get("/account").status_code == 303
    assert run("users enable sari@hub.test")[0] == 0
    assert browser.get("/account").status_code == 303
    assert as_(SARI).get("/account").status_code == 200


def test_it_makes_a_link_to_pass_on(run: Any, as_: Any) -> None:
    add_person(SARI)
    first, second = (run("users link sari@hub.test")[1] for _ in range(2))
    paths = [link.removeprefix("http://localhost") for link in (first, second)]
    assert [as_(None).get(path).status_code for path in paths] == [404, 200]


def test_it_prints_the_first_admins_link_only_while_nobody_is_there(run: Any, as_: Any) -> None:
    first = run("users first-link")[1]
    again = run("users first-link")[1]
    path = again.split("http://localhost")[1]
    assert first != again
    assert len(again.splitlines()) == 1
    assert as_(None).post(path, data={"password": "kunci-gudang-7"}).location == "/dashboard"
    assert run("users first-link") == (0, "")


def test_it_prints_no_first_link_once_there_are_people(run: Any) -> None:
    add_person(SARI)
    assert run("users first-link") == (0, "")


@pytest.mark.parametrize(
    "command",
    ["users", "users add", "users list", "users disable", "users enable", "users link",
     "users first-link", "keys", "keys add", "keys list", "keys revoke"],
)  # fmt: skip
def test_it_helps_with_an_example(run: Any, command: str) -> None:
    code, said = run(f"{command} --help")
    assert code == 0
    assert f"flask --app wsgi {command}" in " ".join(said.split())


def test_it_is_audited(run: Any, db: Any) -> None:
    run("users add rani@hub.test --role ops --password kunci-gudang-7")
    row = db.session.scalar(select(Log).where(Log.action == "create_user"))
    assert (row.actor, row.subject, row.status) == ("cli", "rani@hub.test", "success")
    assert row.request_payload["after"]["role"] == "ops"
    assert "kunci" not in str(vars(row))

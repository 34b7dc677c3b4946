"""flask keys …: a named key is shown once, listed without it, revoked by name or id."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from hub.users.models import ApiKey, Log


@pytest.fixture
def run(app: Any, db: Any) -> Any:
    def command(line: str) -> tuple[int, str]:
        db.session.commit()
        done = app.test_cli_runner().invoke(args=line.split())
        db.session.expire_all()
        return done.exit_code, done.output.strip()

    return command


def test_it_shows_id_name_and_key_once(run: Any, db: Any) -> None:
    code, said = run("keys add cashier")
    key_id, name, key = said.split()
    assert (code, name, len(key)) == (0, "cashier", 43)
    assert db.session.get(ApiKey, key_id).name == "cashier"
    assert key not in run("keys list")[1]


def test_it_speaks_json(run: Any) -> None:
    assert json.loads(run("keys add cashier --json")[1]).keys() == {"id", "name", "key"}


def test_it_lists_keys(run: Any) -> None:
    run("keys add cashier")
    run("keys add report")
    run("keys revoke cashier")
    lines = run("keys list")[1].splitlines()
    assert ["cashier  revoked" in lines[0], "report  active" in lines[1]] == [True, True]


def test_it_revokes_by_name_or_id(run: Any, db: Any) -> None:
    key_id = run("keys add cashier")[1].split()[0]
    assert run("keys revoke cashier") == (0, "revoked cashier")
    second = run("keys add cashier")[1].split()[0]
    assert run(f"keys revoke {second}") == (0, "revoked cashier")
    assert all(row.revoked_at for row in db.session.scalars(select(ApiKey)))
    assert key_id != second


@pytest.mark.parametrize("line", ["keys revoke none", "keys add cashier", f"keys add {'x' * 101}"])
def test_it_refuses_with_one_clear_line(run: Any, line: str) -> None:
    run("keys add cashier")
    code, said = run(line)
    assert code == 1
    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1


def test_it_is_audited_without_the_key(run: Any, db: Any) -> None:
    key = run("keys add cashier")[1].split()[2]
    row = db.session.scalar(select(Log))
    assert (row.action, row.actor, row.subject) == ("create_key", "cli", "cashier")
    assert key not in str(vars(row))

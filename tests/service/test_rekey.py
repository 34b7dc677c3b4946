"""`rekey`: everything sealed with the active key, row by row."""

from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select, text

from hub import seals
from hub.crypto import KeyRing, key_id
from hub.stores.models import StoreAccount
from hub.stores.sealing import open_pair
from tests.stores.world import add_connected

OLD, NEW = "ab" * 32, "9f" * 32


@pytest.fixture
def rekey(app: Any, db: Any) -> Any:
    """Three stores under the old key, then a new one is given: `rekey()` runs the command."""
    for code in ("A1", "B2", "C3"):
        add_connected(code)
    app.extensions["keys"] = KeyRing(NEW, [OLD])

    def run() -> Result:
        db.session.commit()
        return app.test_cli_runner().invoke(args=["rekey"])

    return run


def key_ids(db: Any) -> set[str]:
    rows = db.session.execute(
        select(StoreAccount.encrypted_access_token, StoreAccount.encrypted_refresh_token)
    )
    return {sealed.split(".")[1] for row in rows for sealed in row}


def test_it_seals_all_anew(database: str, rekey: Any, db: Any, app: Any) -> None:
    assert rekey().output == "3 rows encrypted with the active key, 0 remain\n"
    assert key_ids(db) == {key_id(NEW)}
    app.extensions["keys"] = KeyRing(NEW)
    account = db.session.scalar(select(StoreAccount).where(StoreAccount.store_code == "B2"))
    assert open_pair(account) == ("act.open-B2", "rft.open-B2")


def test_it_has_nothing_to_do_the_second_time(rekey: Any) -> None:
    rekey()
    assert rekey().output.startswith("0 rows")


def test_it_goes_on_after_a_stop(rekey: Any, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "BATCH", 1)
    db.session.commit()
    first = seals.read_batch(StoreAccount.__table__, None)
    seals.reseal_rows(StoreAccount.__table__, first)
    assert key_ids(db) == {key_id(OLD), key_id(NEW)}
    assert rekey().output.startswith("2 rows")
    assert key_ids(db) == {key_id(NEW)}


def test_it_says_what_it_could_not_open(rekey: Any, db: Any) -> None:
    db.session.execute(
        text("UPDATE store_accounts SET encrypted_access_token = 'v1.deadbeef.x.y'"
             " WHERE store_code = 'B2'")
    )  # fmt: skip
    result = rekey()
    assert result.output.startswith("2 rows encrypted with the active key, 1 remain")
    assert result.exit_code == 1

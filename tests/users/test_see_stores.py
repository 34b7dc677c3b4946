"""visible_stores: a person in charge sees the own stores, on both databases."""

from typing import Any

import pytest
from sqlalchemy import select

from hub.stores.models import Store
from hub.users.people import has_any_tag, visible_stores
from tests.people import ANA, BUDI, MIRA, OMAR, SARI, Person, add_person, add_store

TAGGED = Person("tia@hub.test", "store", "Tia", store="JKT001", tags=("west", "pi'lot"))
TAGS_ONLY = Person("tio@hub.test", "store", "Tio", tags=("east",))
NOTHING = Person("tom@hub.test", "store", "Tom")


@pytest.mark.parametrize(
    ("person", "codes"),
    [
        (ANA, {"JKT001", "BDG002", "SBY003", "MDN004"}),
        (OMAR, {"JKT001", "BDG002", "SBY003", "MDN004"}),
        (SARI, {"JKT001"}),
        (BUDI, {"BDG002"}),
        (TAGGED, {"JKT001", "SBY003", "MDN004"}),
        (TAGS_ONLY, {"SBY003"}),
        (NOTHING, set()),
        (MIRA, set()),
    ],
    ids=lambda value: value.email if isinstance(value, Person) else "",
)
def test_it_shows_by_role_store_and_tag(
    database: str, app: Any, db: Any, person: Person, codes: set[str]
) -> None:
    add_store("JKT001")
    add_store("BDG002", tags=["westend"])
    add_store("SBY003", tags=["east", "west"])
    add_store("MDN004", tags=["pi'lot"])
    seen = select(Store.store_code).where(visible_stores(add_person(person)))
    assert set(db.session.scalars(seen)) == codes


def test_it_finds_stores_by_tag(database: str, app: Any, db: Any) -> None:
    add_store("JKT001", tags=["west"])
    add_store("BDG002", tags=[])
    seen = select(Store.store_code).where(has_any_tag(["west", "east"]))
    assert db.session.scalars(seen).all() == ["JKT001"]

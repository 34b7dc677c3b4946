"""The cast. Ana is admin, Omar is ops, Sari is in charge of one store, Budi of another and must
see none of Sari's; Mira is an influencer."""

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import select

from hub.crypto import hash_password
from hub.db import db
from hub.stores.models import Store
from hub.users.models import User, UserStore

PASSWORD = "teh tarik tanpa gula"


@dataclass(frozen=True)
class Person:
    email: str
    role: str
    name: str
    store: str | None = None  # the code of the store this person is in charge of
    tags: tuple[str, ...] = ()


ANA = Person("ana@hub.test", "admin", "Ana Wibisono")
OMAR = Person("omar@hub.test", "ops", "Omar Hakim")
SARI = Person("sari@hub.test", "store", "Sari Dewi", store="JKT001")
BUDI = Person("budi@hub.test", "store", "Budi Santoso", store="BDG002")
MIRA = Person("mira@hub.test", "influencer", "Mira Lestari")
EVERYBODY = (ANA, OMAR, SARI, BUDI, MIRA)


@lru_cache
def hashed(password: str) -> str:
    return hash_password(password)


def add_store(code: str, **more: object) -> Store:
    """A store of this code, made once."""
    found = db.session.scalar(select(Store).where(Store.store_code == code))
    if found:
        return found
    words = {"store_name": f"Toko {code}", "pic_name": f"PIC {code}", "tags": []} | more
    store = Store(store_code=code, **words)
    db.session.add(store)
    db.session.flush()
    return store


def add_person(person: Person) -> User:
    """The person's account (and store) in the database, made once; committed."""
    found = db.session.scalar(select(User).where(User.email == person.email))
    if found:
        return found
    user = User(
        email=person.email,
        role=person.role,
        display_name=person.name,
        store_tags=[*person.tags],
        password_hash=hashed(PASSWORD),
        locale="en",
    )
    db.session.add(user)
    db.session.flush()
    if person.store:
        db.session.add(UserStore(user_id=user.id, store_id=add_store(person.store).id))
    db.session.commit()
    return user

"""What is wrong with a store: one word a store in SQL, and its words for people.

The words are those of `hub.sync.causes`; two more are known only here: `waiting` (late, and no
run has failed on it) and `ends_soon` (its access cannot be renewed for much longer).
"""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select

from hub.clock import now
from hub.stores.models import NOT_CONNECTED, STOPPED, StoreAccount
from hub.stores.models import Store as Stores
from hub.stores.states import USER_SCOPE, VIDEO_SCOPE, DueDays, granted, is_fresh, status_of
from hub.sync.causes import LINK, NOBODY, PIC, RETRY, Cause, describe
from hub.sync.models import SyncItem
from hub.text import lazy_gettext
from hub.work import FAILED

SOON = timedelta(days=7)
WAITING, ENDS_SOON = "waiting", "ends_soon"
OWN: dict[str, Cause] = {
    WAITING: Cause(
        lazy_gettext("Not read yet"),
        lazy_gettext("No run has read the newest night of this store. The next run does."),
        NOBODY,
        RETRY,
        "warn",
    ),
    ENDS_SOON: Cause(
        lazy_gettext("Access ends soon"),
        lazy_gettext("Hub can renew it for less than a week. The PIC must allow it again."),
        PIC,
        LINK,
        "warn",
    ),
}


def words_of(word: str) -> Cause:
    """Title, explanation, who acts and what helps."""
    return OWN.get(word) or describe(word)


def last_failure() -> ColumnElement[str]:
    """Why the newest sync of a store failed; null where it did not, or it was connected since."""
    counts = and_(
        SyncItem.state == FAILED,
        or_(StoreAccount.connected_at.is_(None), SyncItem.finished_at >= StoreAccount.connected_at),
    )
    return (
        select(case((counts, SyncItem.cause), else_=null()))
        .where(SyncItem.store_id == Stores.id)
        .order_by(SyncItem.id.desc())
        .limit(1)
        .correlate(Stores, StoreAccount)
        .scalar_subquery()
    )


def trouble_of(due: DueDays) -> ColumnElement[str | None]:
    """The word of a store's trouble, null for none; for queries like `directory.rows`."""
    ends = StoreAccount.refresh_token_expires_at
    return case(
        (status_of() == NOT_CONNECTED, literal("not_connected")),
        (status_of().in_(STOPPED), func.coalesce(StoreAccount.cause, "other")),
        (~is_fresh(due), func.coalesce(last_failure(), WAITING)),
        (~granted(VIDEO_SCOPE), literal("missing_scope:video")),
        (~granted(USER_SCOPE), literal("missing_scope:user")),
        (and_(ends.is_not(None), ends < now() + SOON), literal(ENDS_SOON)),
        else_=null(),
    )

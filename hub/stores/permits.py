"""Who may start connecting a store: in signed mode only a link, a key or somebody logged in."""

from hub.access import settings
from hub.errors import Forbidden, NotFound
from hub.language import person
from hub.stores.links import find_link
from hub.stores.stores import find_store_for
from hub.text import _

NO_CODE = "store_code is required"
NOT_ALLOWED = "Connecting needs a link from the people who run Hub, or a login"


def refuse_stranger(code: str, *, link: str = "", keyed: bool = False) -> None:
    """Raise `Forbidden`, the same one whether or not the store exists.

    An empty code is asked of people who are logged in. In open mode everybody may.
    """
    if not settings().signed_connect or keyed:
        return
    found, user = find_link(link) if link else None, person()
    if found and found[1].store_code.lower() == code.lower():
        return
    if user is None or user.role not in ("admin", "ops", "store"):
        raise Forbidden(_(NOT_ALLOWED))
    if not code or user.role in ("admin", "ops"):
        return
    try:
        find_store_for(user, code)
    except NotFound:
        raise Forbidden(_(NOT_ALLOWED)) from None

"""Why a store has no new numbers, in words for people: title, explanation, who acts, what helps.

    words = causes.describe("access_expired")
    words.title, words.text, words.who, words.helps, words.tone

Every cause that sync, tokens, providers and TikTok's own events write has its line here
(`tests/sync/test_describe_causes.py` looks for one that has not). Texts are lazy: both languages.
"""

from dataclasses import dataclass
from typing import Any

from hub.text import lazy_gettext

# Who acts.
PIC, OPS, ADMIN, NOBODY = "pic", "ops", "admin", "nobody"
WHO: dict[str, Any] = {
    PIC: lazy_gettext("PIC acts"),
    OPS: lazy_gettext("Operations acts"),
    ADMIN: lazy_gettext("An admin acts"),
    NOBODY: lazy_gettext("nobody acts"),
}
# What helps: a new connect link for the owner, trying again, a look at the store; or nothing here.
LINK, RETRY, LOOK, NOTHING = "link", "retry", "look", ""


@dataclass(frozen=True)
class Cause:
    """Words of a cause. `actor` is a key of WHO, `tone` one of `ui.tone_status`."""

    title: Any
    text: Any
    actor: str
    helps: str = NOTHING
    tone: str = "bad"

    @property
    def who(self) -> Any:
        return WHO[self.actor]

    @property
    def icon(self) -> str:
        return {"bad": "bad", "warn": "warn"}.get(self.tone, "pause")


_ = lazy_gettext

CAUSES: dict[str, Cause] = {
    "access_expired": Cause(
        _("Access expired"),
        _("The PIC must allow access again. Trying again does not help."),
        PIC,
        LINK,
    ),
    "refresh_interrupted": Cause(
        _("Access was lost while it was renewed"),
        _("TikTok’s answer never arrived, and the old access no longer works."
          " The PIC must allow access again."),
        PIC,
        LINK,
    ),
    "access_unreadable": Cause(
        _("Stored access cannot be opened"),
        _("The key it was stored with is gone. The PIC must allow access again."),
        PIC,
        LINK,
    ),
    "need_reconnect": Cause(
        _("Waiting for the owner"),
        _("Access ended earlier. The PIC must allow it again."),
        PIC,
        LINK,
    ),
    "missing_scope": Cause(
        _("A permission is missing"),
        _("The owner did not allow all that was asked for. The numbers behind it are left out."),
        PIC,
        LINK,
        "warn",
    ),
    "missing_scope:user": Cause(
        _("Permission to read account numbers missing"),
        _("The owner did not allow followers and likes when the account was connected."),
        PIC,
        LINK,
        "warn",
    ),
    "missing_scope:video": Cause(
        _("Permission to list videos missing"),
        _("The owner did not allow videos when the account was connected."
          " Account numbers still arrive."),
        PIC,
        LINK,
        "warn",
    ),
    "account_private": Cause(
        _("Account set to private"),
        _("No video is visible any more. Only the owner can change it on TikTok."
          " Earlier numbers stay, with their date."),
        PIC,
        LOOK,
    ),
    "authorization_removed": Cause(
        _("Access was taken back"),
        _("TikTok told Hub that the access ended. The PIC must allow it again."),
        PIC,
        LINK,
    ),
    "removed_by_owner": Cause(
        _("The owner took access back"),
        _("Hub was removed in the TikTok app. Ask the PIC before sending a new link."),
        PIC,
        LINK,
    ),
    "account_deleted": Cause(
        _("TikTok account deleted"),
        _("Earlier numbers stay. The PIC can connect another account."),
        PIC,
        LINK,
    ),
    "age_changed": Cause(
        _("Access ended: age of the account changed"),
        _("TikTok closed the access. The PIC settles the age with TikTok, then allows it again."),
        PIC,
        LINK,
    ),
    "account_banned": Cause(
        _("TikTok banned the account"),
        _("Only the owner can appeal to TikTok. Earlier numbers stay."),
        PIC,
        LOOK,
    ),
    "app_revoked": Cause(
        _("This app gave the access back"),
        _("The access was ended from our side. The PIC must allow it again."),
        PIC,
        LINK,
    ),
    "not_connected": Cause(
        _("Not connected"),
        _("No TikTok account is connected. A link lets the PIC connect it."),
        PIC,
        LINK,
        "idle",
    ),
    "disabled": Cause(
        _("Switched off"),
        _("Staff switched this store off. Earlier numbers stay."),
        OPS,
        LOOK,
        "idle",
    ),
    "archived": Cause(
        _("Archived"),
        _("Archived stores are not synced. Their history stays."),
        NOBODY,
        NOTHING,
        "idle",
    ),
    "already_running": Cause(
        _("Already in another run"),
        _("Another run was reading this store at the time. Its numbers come from there."),
        NOBODY,
        NOTHING,
        "idle",
    ),
    "timeout": Cause(
        _("TikTok answered too slowly"),
        _("Four tries got no answer in time. The next run tries again by itself."),
        NOBODY,
        RETRY,
        "warn",
    ),
    "unreachable": Cause(
        _("TikTok could not be reached"),
        _("The connection failed four times. The next run tries again by itself."),
        NOBODY,
        RETRY,
        "warn",
    ),
    "rate_limited": Cause(
        _("TikTok asked for a pause"),
        _("It took no calls for five minutes. The next run tries again by itself."),
        NOBODY,
        RETRY,
        "warn",
    ),
    "provider_error": Cause(
        _("TikTok had an error of its own"),
        _("Four tries failed on their side. The next run tries again by itself."),
        NOBODY,
        RETRY,
        "warn",
    ),
    "bad_response": Cause(
        _("TikTok’s answer could not be read"),
        _("Nothing was stored, so earlier numbers stay as they were."
          " Trying again helps if it was a passing fault."),
        OPS,
        RETRY,
    ),
    "app_refused": Cause(
        _("TikTok refuses this app"),
        _("The app’s key or secret is not right. No store can be read until an admin corrects it."),
        ADMIN,
    ),
    "invalid_request": Cause(
        _("TikTok refused the form of the request"),
        _("Hub asked in a way that TikTok no longer takes. An admin must tell the makers of Hub."),
        ADMIN,
    ),
    "internal_error": Cause(
        _("Hub could not store the result"),
        _("TikTok answered, saving failed. Trying again helps once the database is well."),
        OPS,
        RETRY,
    ),
    "crashed": Cause(
        _("Given up after five crashes"),
        _("Reading this store ended its worker each time. An admin looks at the log."),
        ADMIN,
        RETRY,
    ),
    "missed": Cause(
        _("The planned time was missed"),
        _("Hub was not running then. Later runs are not affected."),
        NOBODY,
        NOTHING,
        "idle",
    ),
}  # fmt: skip
CAUSES["access_token_invalid"] = CAUSES["access_expired"]

OTHER = Cause(
    _("Failed for another reason"),
    _("What was answered is in the detail. The next run tries again by itself."),
    OPS,
    RETRY,
)


def describe(word: str | None) -> Cause:
    """The words of a cause; a variant ("missing_scope:video") falls back to its first half."""
    found = CAUSES.get(word or "") or CAUSES.get((word or "").partition(":")[0])
    return found or OTHER

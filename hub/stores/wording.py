"""Words for people on the way to TikTok: permissions, and what went wrong there."""

from typing import Any

from hub.errors import ProviderError
from hub.text import _, lazy_gettext

SCOPE_WORDS: dict[str, Any] = {
    "user.info.basic": lazy_gettext("name and picture of the account"),
    "user.info.profile": lazy_gettext("username and verification"),
    "user.info.stats": lazy_gettext("followers, likes and number of videos"),
    "video.list": lazy_gettext("videos and their numbers"),
}
PROVIDER_WORDS: dict[str, Any] = {
    "access_expired": lazy_gettext("TikTok did not accept the answer: it was used or is too old"),
    "app_refused": lazy_gettext("TikTok does not accept the key or secret of this app"),
    "invalid_request": lazy_gettext("TikTok refused the form of the request"),
    "missing_scope": lazy_gettext("The permissions that were asked for are not open to this app"),
    "rate_limited": lazy_gettext("TikTok asks for a pause"),
    "bad_response": lazy_gettext("TikTok answered with something that cannot be read"),
    "timeout": lazy_gettext("TikTok did not answer in time"),
    "unreachable": lazy_gettext("TikTok could not be reached"),
}


def provider_words(error: ProviderError) -> str:
    """Why TikTok gave no tokens, as a sentence."""
    return str(PROVIDER_WORDS.get(error.cause) or _("TikTok had an error of its own"))

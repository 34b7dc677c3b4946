"""JSON doors without a key: the OAuth address as data, and what TikTok tells us by itself."""

from typing import Any

from flask import Response, request
from flask_openapi import APIBlueprint
from pydantic import Field, model_validator

from hub import api
from hub.access import access
from hub.errors import Forbidden, Invalid, Unauthorized
from hub.request_cycle import limit
from hub.stores import examples
from hub.stores.connect import acting, known_browser
from hub.stores.consents import start_consent
from hub.stores.events import check_signature, receive_event
from hub.stores.permits import NO_CODE, NOT_ALLOWED, refuse_stranger
from hub.stores.stores import find_store
from hub.users.guards import check_key

TAG = [{"name": "OAuth Flow"}]
oauth = APIBlueprint("oauth_api", __name__, abp_tags=TAG)  # type: ignore[arg-type]
webhooks = APIBlueprint("webhooks_api", __name__, abp_tags=TAG)  # type: ignore[arg-type]
limit("oauth_rate_limit")(oauth)


class AuthQuery(api.Strict):
    """`link` is the token of a connect link; signed mode asks for it, or for an X-API-KEY."""

    store_code: str = Field(description="the store that is connected")
    link: str = ""

    @model_validator(mode="before")
    @classmethod
    def name_what_is_missing(cls, given: Any) -> Any:
        if not given.get("store_code", "").strip():
            raise Invalid(NO_CODE)
        return given


@oauth.get(
    "/auth/url",
    summary="Address at TikTok where an owner connects a store",
    responses={
        200: examples.answer(examples.AUTH_URL),
        **examples.refusals(400, 403, 404, 429, 500),
    },
)
@access("public", writes=True)
def show_auth_url(query: AuthQuery) -> Response:
    """A state of ours that lives ten minutes; bound to this browser when it carries our cookie."""
    refuse_stranger(query.store_code, link=query.link, keyed=is_keyed())
    store = find_store(query.store_code)
    address = start_consent(store, browser=known_browser(), link=query.link, actor=acting())
    answer = api.success({"authUrl": address})
    answer.headers["Cache-Control"] = "no-store"
    return answer


def is_keyed() -> bool:
    """Whether a right X-API-KEY was sent; a wrong one counts towards its block."""
    try:
        return check_key() is not None
    except Unauthorized:
        raise Forbidden(NOT_ALLOWED) from None


@webhooks.post(
    "/webhooks/tiktok",
    summary="Events that TikTok sends",
    responses={200: examples.answer({"success": True, "data": None}), **examples.refusals(401)},
)
@access("public")
def receive_tiktok() -> Response:
    """`TikTok-Signature: t=<s>,s=<hex HMAC-SHA256 of t.body>`; doubles are ignored."""
    body = request.get_data(cache=True)
    check_signature(request.headers.get("TikTok-Signature", ""), body)
    receive_event(body, request.get_json())
    return api.success(None)

import re

PROFILE = "bio_description,profile_deep_link,is_verified,username"
BASIC = "open_id,union_id,avatar_url,avatar_url_100,avatar_large_url,display_name"


def test_it_returns_exactly_the_asked_fields(sandbox):
    answer = sandbox.user_info(sandbox.token(), "display_name,follower_count").json
    assert list(answer["data"]["user"]) == ["display_name", "follower_count"]
    assert answer["error"]["code"] == "ok"
    assert answer["error"]["message"] == ""
    assert re.fullmatch(r"\d{14}[0-9A-F]{20}", answer["error"]["log_id"])


def test_it_knows_every_field_of_the_manual(sandbox):
    token = sandbox.token(scopes=["user.info.basic", "user.info.profile", "user.info.stats"])
    counts = "follower_count,following_count,likes_count,video_count"
    user = sandbox.user_info(token, f"{BASIC},{PROFILE},{counts}").json["data"]["user"]
    assert re.fullmatch(r"-000[\w-]{34}", user["open_id"])
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", user["union_id"])
    assert user["username"] == "toko_satu"
    assert type(user["is_verified"]) is bool
    assert all(type(user[name]) is int for name in counts.split(","))


def test_it_keeps_the_open_id_and_changes_it_with_the_app(sandbox, make):
    mine = sandbox.user_info(sandbox.token(), "open_id").json["data"]["user"]["open_id"]
    assert sandbox.grant("toko_satu")["open_id"] == mine
    assert sandbox.grant("toko_dua")["open_id"] != mine
    assert make(client_key="another").grant("toko_satu")["open_id"] != mine


def test_it_fails_whole_when_one_scope_is_missing(sandbox):
    answer = sandbox.user_info(sandbox.token(), "open_id,username")
    assert answer.status_code == 401
    assert answer.json["error"]["code"] == "scope_not_authorized"
    assert answer.json["error"]["message"] == (
        "The user did not authorize the scope required for completing this request."
    )
    assert "data" not in answer.json


def test_it_refuses_missing_and_unknown_fields(sandbox):
    for fields in ("", "open_id,shoe_size"):
        answer = sandbox.user_info(sandbox.token(), fields)
        assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid_params")


def test_it_refuses_tokens_that_are_not_its_own(sandbox):
    good = sandbox.grant("toko_satu")
    client = sandbox.ask_token(grant_type="client_credentials").json["access_token"]
    for token in ("", "x", good["refresh_token"], client, good["access_token"][:-12] + "A!6456.va"):
        answer = sandbox.user_info(token)
        assert answer.status_code == 401
        assert answer.json["data"] == {}
        assert answer.json["error"]["code"] == "access_token_invalid"
        assert answer.json["error"]["message"] == (
            "The access token is invalid or not found in the request."
        )


def test_it_refuses_an_expired_token(sandbox):
    token = sandbox.token()
    sandbox.box.offset += 7201
    assert sandbox.user_info(token).json["error"]["code"] == "access_token_invalid"


def test_it_shows_pictures_until_their_address_expires(sandbox):
    user = sandbox.user_info(sandbox.token(), "avatar_url").json["data"]["user"]
    picture = sandbox.web.get(user["avatar_url"])
    assert picture.content_type == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert sandbox.web.get(user["avatar_url"].partition("?")[0]).status_code == 403
    assert sandbox.web.get(user["avatar_url"].replace("avt", "p")).status_code == 403
    sandbox.box.offset += 50 * 3600
    assert sandbox.web.get(user["avatar_url"]).status_code == 403


def test_it_demands_the_closing_slash(sandbox):
    assert sandbox.web.get("/v2/user/info?fields=open_id").status_code == 404
    assert sandbox.web.post("/v2/oauth/token").status_code == 404

from sandbox.world import magic


def test_it_finds_the_words_as_parts_of_a_handle():
    assert magic("PKL-slow") == {"slow"}
    assert magic("store_private_01") == {"private"}
    assert magic("slowly") == set()


def test_it_revokes(sandbox):
    pair = sandbox.grant("store_revoked_01")
    assert sandbox.user_info(pair["access_token"]).json["error"]["code"] == "access_token_invalid"
    answer = sandbox.refresh(pair["refresh_token"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_it_misses(sandbox):
    made = sandbox.web.post("/_world/grants", json={"handles": ["Toko-Missing", "toko"]}).json
    assert made["missing"] == ["toko-missing"]
    assert [grant["handle"] for grant in made["grants"]] == ["toko"]


def test_it_withholds_the_video_scope(sandbox):
    for handle in ("toko-noscope", "toko_novideo_2"):
        pair = sandbox.grant(handle)
        assert pair["scope"] == "user.info.basic,user.info.stats"
        assert sandbox.user_info(pair["access_token"]).status_code == 200
        answer = sandbox.video_list(pair["access_token"])
        assert answer.json["error"]["code"] == "scope_not_authorized"


def test_it_is_slow(make):
    sandbox = make(slow_ms=120)
    assert sandbox.user_info(sandbox.token("pkl-slow")).status_code == 200
    assert sandbox.box.log.since(0)[0]["ms"] >= 120


def test_it_hangs(make):
    sandbox = make(hang_seconds=0.1)
    assert sandbox.user_info(sandbox.token("pkl-hang")).status_code == 500
    assert sandbox.box.log.since(0)[0]["ms"] >= 100


def test_it_fails_every_first_time(sandbox):
    token = sandbox.token("toko_flaky")
    assert [sandbox.user_info(token).status_code for _ in range(4)] == [500, 200, 500, 200]
    assert [sandbox.video_list(token).status_code for _ in range(2)] == [500, 200]


def test_it_is_limited_three_times(sandbox):
    token = sandbox.token("toko_limited")
    statuses = [sandbox.user_info(token).status_code for _ in range(5)]
    assert statuses == [429, 429, 429, 200, 200]
    assert sandbox.video_list(token).status_code == 429


def test_it_talks_garbage(sandbox):
    answer = sandbox.user_info(sandbox.token("toko-garbage"))
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/html")


def test_it_has_null_counts(sandbox):
    token = sandbox.token("toko.nulls")
    user = sandbox.user_info(token).json["data"]["user"]
    assert user["follower_count"] is None
    assert user["display_name"]
    video = sandbox.video_list(token).json["data"]["videos"][0]
    assert video["view_count"] is None


def test_it_expires_at_once_and_a_refresh_heals_it(sandbox):
    pair = sandbox.grant("toko_expired")
    assert pair["expires_in"] == 0
    assert sandbox.user_info(pair["access_token"]).json["error"]["code"] == "access_token_invalid"
    healed = sandbox.refresh(pair["refresh_token"]).json
    assert healed["expires_in"] == 7200
    assert sandbox.user_info(healed["access_token"]).status_code == 200

import gzip
import json
import math

import pytest

COUNTS = "follower_count,likes_count"


def script(sandbox, **rule):
    answer = sandbox.web.post("/_faults", json=rule)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("429", 429, "rate_limit_exceeded"),
        ("500", 500, "internal_error"),
        ("503", 503, "internal_error"),
        ("token_invalid", 401, "access_token_invalid"),
        ("scope_missing", 401, "scope_not_authorized"),
    ],
)
def test_it_answers_with_an_error_as_often_as_told(sandbox, fault, status, code):
    token = sandbox.token()
    script(sandbox, fault=fault, endpoint="user/info", times=2, after=1)
    answers = [sandbox.user_info(token) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    assert answers[1].json["error"]["code"] == code


def test_it_hits_one_endpoint_of_one_account_only(sandbox):
    script(sandbox, fault="500", endpoint="video/list", handle="Toko_Satu", times=0)
    one, two = sandbox.token("toko_satu"), sandbox.token("toko_dua")
    assert sandbox.user_info(one).status_code == 200
    assert sandbox.video_list(two).status_code == 200
    assert {sandbox.video_list(one).status_code for _ in range(5)} == {500}
    assert sandbox.web.get("/_faults").json["faults"][0]["hits"] == 5
    sandbox.web.post("/_faults/reset")
    assert sandbox.video_list(one).status_code == 200


def test_it_adds_retry_after_and_other_statuses_when_told(sandbox):
    token = sandbox.token()
    script(sandbox, fault="429", retry_after=3)
    assert sandbox.user_info(token).headers["Retry-After"] == "3"
    script(sandbox, fault="token_invalid", status=200)
    answer = sandbox.user_info(token)
    assert (answer.status_code, answer.json["error"]["code"]) == (200, "access_token_invalid")


@pytest.mark.parametrize(
    ("fault", "is_so"),
    [
        ("wrong_types", lambda value: value == "many"),
        ("nan", lambda value: math.isnan(value)),
        ("huge", lambda value: value == 10**30),
        ("null_counts", lambda value: value is None),
        ("negative", lambda value: value < 0),
        ("fraction", lambda value: value % 1 == 0.5),
        ("digits", lambda value: value.isdecimal()),
    ],
)
def test_it_spoils_the_counts_and_nothing_else(sandbox, fault, is_so):
    token = sandbox.token()
    for ask in (
        lambda: sandbox.user_info(token, f"display_name,{COUNTS}"),
        lambda: sandbox.video_list(token, "id,view_count"),
    ):
        good = json.loads(ask().text)["data"]
        script(sandbox, fault=fault)
        bad = json.loads(ask().text)["data"]
        rows = [bad.get("user"), *bad.get("videos", [])]
        counts = [v for row in rows if row for name, v in row.items() if name.endswith("_count")]
        assert counts
        assert all(is_so(value) for value in counts)
        assert good.keys() == bad.keys()


def test_it_leaves_counts_out(sandbox):
    script(sandbox, fault="missing_counts")
    user = sandbox.user_info(sandbox.token(), f"display_name,{COUNTS}").json["data"]["user"]
    assert list(user) == ["display_name"]


@pytest.mark.parametrize("fault", ["garbage", "html", "truncated", "empty", "bad_charset"])
def test_it_sends_what_is_no_json(sandbox, fault):
    script(sandbox, fault=fault)
    answer = sandbox.user_info(sandbox.token())
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        json.loads(answer.data)


def test_it_sends_too_much(sandbox):
    token = sandbox.token()
    script(sandbox, fault="big", megabytes=3)
    answer = sandbox.user_info(token)
    assert len(answer.data) > 3 << 20
    assert json.loads(answer.data)["error"]["code"] == "ok"
    script(sandbox, fault="gzip_bomb", megabytes=5)
    answer = sandbox.user_info(token)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 50_000
    assert len(gzip.decompress(answer.data)) == 5 << 20


def test_it_drips_and_stalls_to_the_true_answer(sandbox):
    token = sandbox.token()
    for fault in ("drip", "stall"):
        script(sandbox, fault=fault, seconds=0.001)
        answer = sandbox.user_info(token)
        assert len(answer.data) == int(answer.headers["Content-Length"])
        assert json.loads(answer.data)["error"]["code"] == "ok"


def test_it_keeps_the_cursor_where_it_is(sandbox):
    token = sandbox.token()
    script(sandbox, fault="cursor_stuck", times=0)
    first = sandbox.video_list(token, max_count=20).json["data"]
    second = sandbox.video_list(token, max_count=20, cursor=first["cursor"]).json["data"]
    assert second["cursor"] == first["cursor"]
    assert second["has_more"] is True


def test_it_is_slow_for_as_long_as_told(sandbox):
    script(sandbox, fault="slow", seconds=0.15)
    sandbox.user_info(sandbox.token())
    (entry,) = sandbox.box.log.since(0)
    assert entry["ms"] >= 150
    assert entry["status"] == 200


def test_it_hangs_and_then_fails(sandbox):
    script(sandbox, fault="hang", seconds=0.1)
    assert sandbox.user_info(sandbox.token()).status_code == 500


@pytest.mark.parametrize("rule", [{"fault": "500", "late": True}, {"fault": "empty"}])
def test_it_loses_the_reply_of_a_refresh_that_happened(sandbox, rule):
    pair = sandbox.grant("toko_satu")
    script(sandbox, endpoint="oauth/token", kind="refresh_token", **rule)
    assert not sandbox.refresh(pair["refresh_token"]).data.startswith(b'{"access_token"')
    assert sandbox.refresh(pair["refresh_token"]).json["error"] == "invalid_grant"


def test_it_refuses_a_grant_when_told(sandbox):
    pair = sandbox.grant("toko_satu")
    script(sandbox, endpoint="oauth/token", fault="invalid_grant")
    answer = sandbox.refresh(pair["refresh_token"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert sandbox.refresh(pair["refresh_token"]).status_code == 200


@pytest.mark.parametrize("rule", [{}, {"fault": "earthquake"}, {"fault": "500", "colour": 1}])
def test_it_refuses_rules_it_does_not_know(sandbox, rule):
    assert sandbox.web.post("/_faults", json=rule).status_code == 400
    assert sandbox.web.get("/_faults").json == {"faults": []}

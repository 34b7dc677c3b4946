import json

from sandbox.log import peak


def entries(sandbox, query=""):
    return [json.loads(line) for line in sandbox.web.get(f"/_log{query}").text.splitlines()]


def test_it_writes_down_who_asked_what(sandbox):
    pair = sandbox.grant("toko_satu")
    sandbox.user_info(pair["access_token"])
    sandbox.video_list("wrong")
    sandbox.refresh(pair["refresh_token"])
    told = [
        (row["endpoint"], row["handle"], row["status"], row["code"], row["kind"])
        for row in entries(sandbox)
    ]
    assert told == [
        ("user/info", "toko_satu", 200, "ok", ""),
        ("video/list", None, 401, "access_token_invalid", ""),
        ("oauth/token", "toko_satu", 200, "ok", "refresh_token"),
    ]


def test_it_gives_only_what_is_new(sandbox):
    token = sandbox.token()
    sandbox.user_info(token)
    (first,) = entries(sandbox)
    sandbox.video_list(token)
    assert [row["endpoint"] for row in entries(sandbox, f"?since={first['n']}")] == ["video/list"]
    assert [row["n"] for row in entries(sandbox, "?endpoint=user/info")] == [first["n"]]
    assert sandbox.web.get("/_log?since=x").status_code == 400


def test_it_sums_up_and_tells_its_own_429s_from_scripted_ones(make):
    sandbox = make(quota=2)
    token = sandbox.token()
    sandbox.web.post("/_faults", json={"fault": "429"})
    for _ in range(4):
        sandbox.user_info(token)
    told = sandbox.web.get("/_log/summary").json
    user = told["endpoints"]["user/info"]
    assert (user["n"], user["n429"], user["n429_scripted"]) == (4, 2, 1)
    assert user["statuses"] == {"200": 1, "429": 3}
    assert user["first"] <= user["last"] <= user["last_end"]
    assert user["peak_per_window"] == 4
    assert told["in_flight"] == 0
    assert told["max_in_flight"] == 1


def test_it_forgets_when_told(make):
    sandbox = make(quota=1)
    token = sandbox.token()
    sandbox.user_info(token)
    sandbox.web.post("/_log/reset")
    assert entries(sandbox) == []
    assert sandbox.user_info(token).status_code == 429
    sandbox.web.post("/_log/reset?quota=1")
    assert sandbox.user_info(token).status_code == 200


def test_it_finds_the_peak_of_any_window():
    assert peak([0, 10, 59.9, 60, 61, 200], 60) == 4
    assert peak([], 60) == 0


def test_it_never_logs_a_secret(sandbox):
    pair = sandbox.grant("toko_satu")
    sandbox.user_info(pair["access_token"])
    sandbox.refresh(pair["refresh_token"])
    text = sandbox.web.get("/_log").text
    assert "act." not in text
    assert "rft." not in text

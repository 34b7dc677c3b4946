import base64
import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

BACK = "http://localhost:3000/auth/callback"
VERIFIER = "v" * 50
CAPTURED = {  # the keys and their order in a real reply
    "access_token": str,
    "expires_in": int,
    "open_id": str,
    "refresh_expires_in": int,
    "refresh_token": str,
    "scope": str,
    "token_type": str,
}


def get_code(sandbox, handle="toko_satu", **query):
    query = {
        "client_key": "sandbox-client-key",
        "scope": "user.info.basic,video.list",
        "response_type": "code",
        "redirect_uri": BACK,
        **query,
    }
    answer = sandbox.web.post(
        f"/v2/auth/authorize/?{urlencode(query)}", data={"handle": handle, "decision": "agree"}
    )
    return parse_qs(urlsplit(answer.location).query)["code"][0]


def spend(sandbox, code, **form):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **form}
    return sandbox.ask_token(**form)


def assert_refused(answer, error, status=400):
    assert answer.status_code == status
    assert answer.json["error"] == error
    assert set(answer.json) == {"error", "error_description", "log_id"}


def test_it_turns_a_code_into_the_reply_of_the_capture(sandbox):
    answer = spend(sandbox, get_code(sandbox))
    assert answer.status_code == 200
    reply = json.loads(answer.text)
    assert {name: type(value) for name, value in reply.items()} == CAPTURED
    assert list(reply) == list(CAPTURED)
    assert reply["expires_in"] == 7200
    assert reply["refresh_expires_in"] in (15_551_999, 15_552_000)
    assert reply["scope"] == "user.info.basic,video.list"
    assert sandbox.video_list(reply["access_token"]).status_code == 200


def test_it_takes_a_code_once(sandbox):
    code = get_code(sandbox)
    assert spend(sandbox, code).status_code == 200
    assert_refused(spend(sandbox, code), "invalid_grant")


def test_it_takes_a_code_once_even_at_the_same_time(sandbox):
    code = get_code(sandbox)
    with ThreadPoolExecutor(8) as pool:
        web = [sandbox.app.test_client() for _ in range(8)]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        form |= {
            "client_key": "sandbox-client-key",
            "client_secret": sandbox.box.settings.client_secret,
        }
        statuses = list(
            pool.map(lambda one: one.post("/v2/oauth/token/", data=form).status_code, web)
        )
    assert sorted(statuses) == [200] + [400] * 7


def test_it_forgets_a_code_after_ten_minutes(sandbox):
    code = get_code(sandbox)
    sandbox.box.offset += 601
    assert_refused(spend(sandbox, code), "invalid_grant")


def test_it_wants_the_same_redirect_uri(sandbox):
    code = get_code(sandbox)
    assert_refused(spend(sandbox, code, redirect_uri=BACK + "x"), "invalid_request")
    assert spend(sandbox, code).status_code == 200


def test_it_checks_a_hex_challenge(sandbox):
    challenge = sha256(VERIFIER.encode()).hexdigest()
    code = get_code(sandbox, code_challenge=challenge, code_challenge_method="S256")
    assert_refused(spend(sandbox, code), "invalid_grant")
    assert_refused(spend(sandbox, code, code_verifier="w" * 50), "invalid_grant")
    assert spend(sandbox, code, code_verifier=VERIFIER).status_code == 200


def test_it_accepts_a_base64url_challenge_by_switch(make):
    sandbox = make(pkce_base64url=True)
    raw = sha256(VERIFIER.encode()).digest()
    challenge = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    code = get_code(sandbox, code_challenge=challenge)
    assert spend(sandbox, code, code_verifier=VERIFIER).status_code == 200


def test_it_turns_the_refresh_token_and_kills_the_old_one(sandbox):
    first = sandbox.grant("toko_satu")
    second = sandbox.refresh(first["refresh_token"]).json
    assert second["refresh_token"] != first["refresh_token"]
    assert_refused(sandbox.refresh(first["refresh_token"]), "invalid_grant")
    third = sandbox.refresh(second["refresh_token"])
    assert third.status_code == 200
    assert sandbox.user_info(third.json["access_token"]).status_code == 200
    assert third.json["open_id"] == first["open_id"]


def test_it_lets_one_of_twenty_parallel_refreshes_win(sandbox):
    form = {"grant_type": "refresh_token", "refresh_token": sandbox.grant("a")["refresh_token"]}
    form |= {
        "client_key": "sandbox-client-key",
        "client_secret": sandbox.box.settings.client_secret,
    }
    with ThreadPoolExecutor(20) as pool:
        calls = [
            pool.submit(sandbox.app.test_client().post, "/v2/oauth/token/", data=form)
            for _ in range(20)
        ]
    statuses = sorted(call.result().status_code for call in calls)
    assert statuses == [200] + [400] * 19
    assert sandbox.web.get("/_log/summary").json["refreshes"] == {"a": 20}


def test_it_counts_the_refresh_life_from_the_first_consent(sandbox):
    first = sandbox.grant("toko_satu")
    sandbox.box.offset += 1000
    second = sandbox.refresh(first["refresh_token"]).json
    assert 998 <= first["refresh_expires_in"] - second["refresh_expires_in"] <= 1002
    sandbox.box.offset += 15_552_000
    assert_refused(sandbox.refresh(second["refresh_token"]), "invalid_grant")


def test_it_has_lifetimes_that_can_be_set(make):
    sandbox = make(access_seconds=86400, refresh_seconds=31_536_000, refresh_restarts=True)
    first = sandbox.grant("toko_satu")
    sandbox.box.offset += 1000
    second = sandbox.refresh(first["refresh_token"]).json
    assert second["expires_in"] == 86400
    assert second["refresh_expires_in"] == 31_536_000


def test_it_gives_client_credentials_without_a_user(sandbox):
    reply = sandbox.ask_token(grant_type="client_credentials").json
    assert set(reply) == {"access_token", "expires_in", "token_type"}
    assert reply["access_token"].startswith("clt.")


@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({"client_secret": "wrong"}, "invalid_client", 401),
        ({"client_key": "wrong"}, "invalid_client", 401),
        ({"client_secret": ""}, "invalid_request", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": "refresh_token"}, "invalid_grant", 400),
        ({"grant_type": "authorization_code", "code": "x"}, "invalid_grant", 400),
    ],
)
def test_it_refuses_in_the_oauth_shape(sandbox, form, error, status):
    assert_refused(sandbox.ask_token(**form), error, status)


def test_it_wants_a_form(sandbox):
    assert_refused(sandbox.web.post("/v2/oauth/token/", json={"a": 1}), "invalid_request")


def test_it_hides_errors_in_200_by_switch(make):
    sandbox = make(oauth_error_status=200)
    assert_refused(sandbox.refresh("nonsense"), "invalid_grant", 200)


def test_it_revokes_with_an_empty_body(sandbox):
    pair = sandbox.grant("toko_satu")
    form = {"client_key": "sandbox-client-key", "token": pair["access_token"]}
    form["client_secret"] = sandbox.box.settings.client_secret
    answer = sandbox.web.post("/v2/oauth/revoke/", data=form)
    assert (answer.status_code, answer.data) == (200, b"")
    assert sandbox.user_info(pair["access_token"]).status_code == 401
    assert_refused(sandbox.refresh(pair["refresh_token"]), "invalid_grant")
    assert sandbox.user_info(sandbox.token("toko_satu")).status_code == 200
    form["token"] = "nonsense"
    assert_refused(sandbox.web.post("/v2/oauth/revoke/", data=form), "invalid_request")


def test_it_remembers_over_a_restart(make, tmp_path: Path):
    before = make(data_dir=str(tmp_path))
    turned, gone = before.grant("turned"), before.grant("gone")
    newer = before.refresh(turned["refresh_token"]).json
    code = get_code(before)
    assert spend(before, code).status_code == 200
    before.web.post("/_world/remove", json={"handle": "gone"})
    after = make(data_dir=str(tmp_path))
    assert after.user_info(newer["access_token"]).status_code == 200
    assert_refused(after.refresh(turned["refresh_token"]), "invalid_grant")
    assert after.refresh(newer["refresh_token"]).status_code == 200
    assert after.user_info(gone["access_token"]).status_code == 401
    assert_refused(spend(after, code), "invalid_grant")


def test_it_keeps_its_anchor_with_its_folder(make, tmp_path: Path):
    first = make(anchor="", data_dir=str(tmp_path)).box.world.anchor
    path = tmp_path / "sandbox.jsonl"
    day = json.loads(path.read_text().splitlines()[0])[2]
    path.write_text(path.read_text().replace(day, "2026-01-01") + '["issue", "cut by a ki')
    assert make(anchor="", data_dir=str(tmp_path)).box.world.anchor < first

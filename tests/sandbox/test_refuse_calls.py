def test_it_answers_429_beyond_the_quota_of_one_endpoint(make):
    sandbox = make(quota=3)
    token = sandbox.token()
    statuses = [sandbox.user_info(token).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = sandbox.user_info(token)
    assert answer.json["error"]["code"] == "rate_limit_exceeded"
    assert "Retry-After" not in answer.headers
    assert sandbox.video_list(token).status_code == 200


def test_it_lets_calls_in_again_as_the_window_slides(make):
    sandbox = make(quota=2, window_seconds=0.3)
    token = sandbox.token()
    taken = sandbox.box.quota.taken["user/info"]
    assert [sandbox.user_info(token).status_code for _ in range(3)] == [200, 200, 429]
    taken[0] -= 0.3
    assert [sandbox.user_info(token).status_code for _ in range(2)] == [200, 429]


def test_it_says_when_to_come_back_if_switched_on(make):
    sandbox = make(quota=1, retry_after=7)
    token = sandbox.token()
    sandbox.user_info(token)
    assert sandbox.user_info(token).headers["Retry-After"] == "7"


def test_it_counts_refused_tokens_too(make):
    sandbox = make(quota=1)
    assert sandbox.user_info("wrong").status_code == 401
    assert sandbox.user_info("wrong").status_code == 429


def test_it_has_no_limit_when_the_quota_is_off(make):
    sandbox = make(quota=0)
    token = sandbox.token()
    assert {sandbox.user_info(token, "open_id").status_code for _ in range(700)} == {200}

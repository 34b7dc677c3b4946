import pytest

EVERY = (
    "id,create_time,cover_image_url,share_url,video_description,title,duration,height,width,"
    "embed_html,embed_link,like_count,comment_count,share_count,view_count,is_aigc"
)


def test_it_lists_ten_newest_first_unless_told(sandbox):
    data = sandbox.video_list(sandbox.token()).json["data"]
    created = [video["create_time"] for video in data["videos"]]
    assert len(created) == 10
    assert created == sorted(created, reverse=True)
    assert data["has_more"] is True
    assert data["cursor"] == created[-1] * 1000


def test_it_pages_through_all_videos_once(sandbox):
    token = sandbox.token()
    videos = sandbox.all_videos(token)
    count = sandbox.user_info(token).json["data"]["user"]["video_count"]
    assert len({video["id"] for video in videos}) == len(videos) == count >= 50


def test_it_ends_with_has_more_false_on_a_full_last_page(make):
    sandbox = make(videos=20, new_videos=False)
    data = sandbox.video_list(sandbox.token(), max_count=20).json["data"]
    assert len(data["videos"]) == 20
    assert data["has_more"] is False
    beyond = sandbox.video_list(sandbox.token(), cursor=data["cursor"]).json["data"]
    assert beyond == {"videos": [], "cursor": data["cursor"], "has_more": False}


def test_it_knows_every_field_of_the_manual(sandbox):
    video = sandbox.video_list(sandbox.token(), EVERY).json["data"]["videos"][0]
    assert list(video) == EVERY.split(",")
    assert type(video["id"]) is str
    assert len(video["id"]) == 19
    assert int(video["id"]) > 2**53
    assert int(video["id"]) >> 32 == video["create_time"]
    assert 0 < len(video["video_description"]) <= 150
    assert "utm_campaign=tt4d_open_api" in video["share_url"]
    assert type(video["is_aigc"]) is bool


def test_it_signs_covers_for_six_hours(sandbox):
    token = sandbox.token()
    first = sandbox.video_list(token, "cover_image_url", max_count=1).json["data"]["videos"][0]
    assert sandbox.web.get(first["cover_image_url"]).status_code == 200
    sandbox.box.offset += 6 * 3600
    assert sandbox.web.get(first["cover_image_url"]).status_code == 403
    again = sandbox.video_list(sandbox.token(), "cover_image_url", max_count=1).json["data"][
        "videos"
    ][0]
    assert sandbox.web.get(again["cover_image_url"]).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"max_count": 0},
        {"max_count": 21},
        {"max_count": "20"},
        {"max_count": True},
        {"cursor": -1},
        {"cursor": "x"},
        {"cursor": 2**64},
    ],
)
def test_it_refuses_bad_numbers(sandbox, body):
    answer = sandbox.video_list(sandbox.token(), **body)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid_params")


def test_it_accepts_no_body_and_refuses_one_that_is_no_object(sandbox):
    headers = {"Authorization": f"Bearer {sandbox.token()}"}
    address = "/v2/video/list/?fields=id"
    assert sandbox.web.post(address, headers=headers).status_code == 200
    for raw in (b"{", b"[]", b'"x"'):
        assert sandbox.web.post(address, data=raw, headers=headers).status_code == 400


def test_it_needs_the_scope(sandbox):
    answer = sandbox.video_list(sandbox.token(scopes=["user.info.basic"]))
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "scope_not_authorized")


def test_it_shows_nothing_of_a_private_account(sandbox):
    token = sandbox.token("toko-private")
    assert sandbox.video_list(token).json["data"] == {"videos": [], "cursor": 0, "has_more": False}
    user = sandbox.user_info(token).json["data"]["user"]
    assert user["video_count"] == 0
    assert user["follower_count"] > 0

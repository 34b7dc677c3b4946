import pytest


def test_it_returns_own_videos_and_leaves_the_others_out(sandbox):
    token = sandbox.token()
    mine = [video["id"] for video in sandbox.video_list(token, "id").json["data"]["videos"]]
    other = sandbox.video_list(sandbox.token("toko_dua"), "id").json["data"]["videos"][0]["id"]
    asked = [mine[3], other, "7000000000000000000", mine[0], mine[3], "x"]
    answer = sandbox.video_query(token, asked, "id")
    assert answer.json["data"]["videos"] == [{"id": mine[3]}, {"id": mine[0]}]
    assert answer.json["error"]["code"] == "ok"


def test_it_agrees_with_the_list(sandbox):
    sandbox.freeze(1795600000.0)
    token = sandbox.token()
    listed = sandbox.video_list(token, max_count=20).json["data"]["videos"]
    queried = sandbox.video_query(token, [video["id"] for video in listed])
    assert queried.json["data"]["videos"] == listed


@pytest.mark.parametrize("ids", [None, [], "7", [7], ["1"] * 21])
def test_it_refuses_anything_but_one_to_twenty_texts(sandbox, ids):
    answer = sandbox.video_query(sandbox.token(), ids)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid_params")


def test_it_leaves_out_what_has_vanished(sandbox):
    box = sandbox.box
    handle, video = next(
        (handle, video)
        for handle in (f"toko_{number}" for number in range(40))
        for video in box.world.account(handle).public(box.now())
        if video.gone < box.now() + 90 * 86400
    )
    assert sandbox.video_query(sandbox.token(handle), [video.id], "id").json["data"]["videos"]
    sandbox.set_clock(video.gone + 1)
    assert sandbox.video_query(sandbox.token(handle), [video.id], "id").json["data"] == {
        "videos": []
    }

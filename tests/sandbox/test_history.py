import json
import time

NAMES = ("view_count", "like_count", "comment_count", "share_count")


def history(sandbox, **query):
    answer = sandbox.web.get("/_world/history", query_string=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_it_ends_in_what_the_api_says_at_that_instant(sandbox):
    instant = 1795200000
    (told,) = history(sandbox, handles="toko_satu", days=5, until="2026-11-20T18:40:00Z")
    sandbox.freeze(float(instant))
    token = sandbox.token()
    user = sandbox.user_info(token).json["data"]["user"]
    assert told["days"][-1] == "2026-11-20"
    assert {name: told[name][-1] for name in user if name.endswith("_count")} == {
        name: count for name, count in user.items() if name.endswith("_count")
    }
    last = {
        video["id"]: [video[name][-1] for name in NAMES]
        for video in told["videos"]
        if video["first"] + len(video["view_count"]) == 5
    }
    listed = sandbox.all_videos(token)
    assert last == {video["id"]: [video[name] for name in NAMES] for video in listed}


def test_it_leaves_days_out_before_posting_and_after_vanishing(sandbox):
    (told,) = history(sandbox, handles="toko_satu", days=90, until="2026-11-20T18:00:00Z")
    counts = [0] * 90
    for video in told["videos"]:
        rows = video["view_count"]
        assert all(len(video[name]) == len(rows) for name in NAMES)
        for place in range(video["first"], video["first"] + len(rows)):
            counts[place] += 1
    assert counts == told["video_count"]
    assert counts[0] < counts[-1] == 50


def test_it_leaves_a_hole_where_an_account_was_private(sandbox):
    world = sandbox.box.world
    account = next(
        account
        for account in (world.account(f"store_{number}") for number in range(500))
        if account.private[0] < float("inf")
    )
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(account.private[1] + 5 * 86400))
    (told,) = history(sandbox, handles=account.handle, days=30, until=until)
    hidden = [place for place, count in enumerate(told["video_count"]) if count == 0]
    assert hidden
    assert told["video_count"][-1] >= 45
    for video in told["videos"]:
        for place in hidden:
            inside = 0 <= place - video["first"] < len(video["view_count"])
            assert not inside or video["view_count"][place - video["first"]] is None


def test_it_takes_the_time_of_day_in_a_zone(sandbox):
    query = {"handles": "toko_satu", "days": 3, "at": "02:00", "zone": "Asia/Jakarta"}
    (before,) = history(sandbox, until="2026-11-20T18:59:00Z", **query)
    (after,) = history(sandbox, until="2026-11-20T19:00:00Z", **query)
    assert before["days"] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert after["days"] == ["2026-11-19", "2026-11-20", "2026-11-21"]
    assert before["likes_count"][1:] == after["likes_count"][:2]


def test_it_takes_many_handles_by_post_and_leaves_missing_ones_out(sandbox):
    handles = ",".join(["Toko_Satu", "toko-missing", *(f"s{n}" for n in range(3000))])
    answer = sandbox.web.post("/_world/history", data={"handles": handles, "days": 1})
    told = [json.loads(line)["handle"] for line in answer.text.splitlines()]
    assert len(told) == 3001
    assert told[0] == "toko_satu"


def test_it_refuses_nonsense(sandbox):
    for query in ("", "?handles=a&days=0", "?handles=a&days=x", "?handles=a&until=soon",
                  "?handles=a&at=25:00", "?handles=a&zone=Mars/One"):  # fmt: skip
        assert sandbox.web.get(f"/_world/history{query}").status_code == 400, query


def test_it_totals_what_the_api_says(sandbox):
    sandbox.freeze(1795300000.0)
    handles = ["toko_satu", "toko_dua", "toko-private"]
    told = sandbox.web.get(f"/_world/totals?handles={','.join(handles)}").json
    for handle in handles:
        token = sandbox.token(handle)
        user, row = sandbox.user_info(token).json["data"]["user"], told["accounts"][handle]
        videos = sandbox.all_videos(token)
        assert (row["follower_count"], row["likes_count"]) == (
            user["follower_count"], user["likes_count"],
        )  # fmt: skip
        assert row["videos"] == row["video_count"] == len(videos)
        for name in ("view", "like", "comment", "share"):
            assert row[f"{name}s"] == sum(video[f"{name}_count"] for video in videos)
    assert told["sum"]["views"] == sum(row["views"] for row in told["accounts"].values())
    assert told["accounts"]["toko-private"]["private"] is True

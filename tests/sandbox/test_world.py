from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.world import World

DAY = 86400
ANCHOR = 1795132800  # 2026-11-20
WORLD = World("hub", ANCHOR, 50, True)
HANDLES = [f"store_{number:03d}" for number in range(120)]
handles = st.sampled_from(HANDLES)
instants = st.integers(ANCHOR - 200 * DAY, ANCHOR + 700 * DAY)


@settings(max_examples=80, deadline=None)
@given(handle=handles, one=instants, two=instants)
def test_it_never_counts_backwards(handle, one, two):
    early, late = sorted((one, two))
    account = WORLD.account(handle)
    before, after = account.counts_at(early), account.counts_at(late)
    assert before[0] <= after[0]
    assert before[2] <= after[2]
    for video in account.public(early):
        pairs = zip(
            video.counts_at(account.attention(early)),
            video.counts_at(account.attention(late)),
            strict=True,
        )
        assert all(0 <= first <= second for first, second in pairs)


@settings(max_examples=80, deadline=None)
@given(handle=handles, instant=instants)
def test_it_is_a_pure_function(handle, instant):
    fresh = World("hub", ANCHOR, 50, True).account(handle)
    known = WORLD.account(handle)
    assert fresh.counts_at(instant) == known.counts_at(instant)
    assert [(v.id, v.created, v.gone) for v in fresh.public(instant)] == [
        (v.id, v.created, v.gone) for v in known.public(instant)
    ]


@settings(max_examples=80, deadline=None)
@given(handle=handles, instant=instants)
def test_it_adds_up(handle, instant):
    account = WORLD.account(handle)
    videos = account.public(instant)
    passed = account.attention(instant)
    assert account.counts_at(instant)[3] == len(videos)
    assert account.counts_at(instant)[2] >= sum(video.counts_at(passed)[1] for video in videos)


def test_it_has_exactly_fifty_videos_on_the_anchor_day():
    for handle in HANDLES:
        for hour in range(0, 24, 6):
            assert WORLD.account(handle).video_count(ANCHOR + hour * 3600) == 50


def test_it_goes_on_posting_and_loses_a_few():
    accounts = [WORLD.account(handle) for handle in HANDLES]
    later = ANCHOR + 30 * DAY
    new = sum(len([v for v in account.public(later) if v.created > ANCHOR]) for account in accounts)
    gone = [v for account in accounts for v in account.videos if ANCHOR < v.gone < later]
    assert 10 * len(accounts) <= new <= 25 * len(accounts)
    assert gone
    assert any(account.is_private(later) for account in accounts)


def test_it_keeps_the_set_constant_when_told():
    world = World("hub", ANCHOR, 50, False)
    for handle in HANDLES:
        account = world.account(handle)
        first = {video.id for video in account.public(ANCHOR)}
        assert len(first) == 50
        assert {video.id for video in account.public(ANCHOR + 500 * DAY)} == first


def test_it_gives_every_video_its_own_id():
    ids = [video.id for handle in HANDLES for video in WORLD.account(handle).videos]
    assert len(set(ids)) == len(ids)


def test_it_is_busier_on_sale_days_and_at_weekends():
    def grown(day: int) -> int:
        """Views of old videos, all accounts, over one day starting at 00:00 in Jakarta."""
        start, old = day - 7 * 3600, ANCHOR - 60 * DAY
        return sum(
            video.views_at(account.attention(start + DAY))
            - video.views_at(account.attention(start))
            for account in map(WORLD.account, HANDLES)
            for video in account.public(old)
        )

    eleventh = ANCHOR - 9 * DAY  # 2026-11-11, a Wednesday
    assert grown(eleventh) > 1.7 * grown(eleventh - 7 * DAY)
    assert grown(ANCHOR - 6 * DAY) > 1.1 * grown(ANCHOR - 4 * DAY)  # Saturday, Monday


def test_it_earns_most_views_in_the_first_days():
    early = late = 0
    for account in map(WORLD.account, HANDLES):
        for video in account.public(ANCHOR):
            if not video.burst:
                early += video.views_at(account.attention(video.created + 10 * DAY))
                late += video.views_at(account.attention(video.created + 40 * DAY))
    assert early > 0.6 * late


def test_it_has_a_viral_video_now_and_then():
    videos = [video for handle in HANDLES for video in WORLD.account(handle).videos]
    assert 0.01 < sum(1 for video in videos if video.burst) / len(videos) < 0.03

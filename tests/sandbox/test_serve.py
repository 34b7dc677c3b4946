import http.client
import json
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

FIELDS = "fields=id,view_count"


def fetch(url, body=None, token=""):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    raw = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, raw, headers), timeout=20) as answer:
        return json.loads(answer.read())


def grants(url, *handles):
    return fetch(f"{url}/_world/grants", {"handles": handles})["grants"]


def test_it_answers_many_at_once_while_latency_passes(serve):
    url = serve(SANDBOX_LATENCY_MS="200")
    tokens = [pair["access_token"] for pair in grants(url, *(f"s{n}" for n in range(60)))]
    started = time.monotonic()
    with ThreadPoolExecutor(60) as pool:
        told = list(
            pool.map(lambda token: fetch(f"{url}/v2/video/list/?{FIELDS}", {}, token), tokens)
        )
    assert time.monotonic() - started < 3  # one after the other would take 12 s
    assert {answer["error"]["code"] for answer in told} == {"ok"}
    summary = fetch(f"{url}/_log/summary")
    assert summary["endpoints"]["video/list"]["n"] == 60
    assert 20 < summary["max_in_flight"] <= 60


def test_it_takes_its_tokens_again_after_a_restart_two_days_later(serve):
    first = serve(SANDBOX_ACCESS_SECONDS="864000")
    (pair,) = grants(first, "toko_satu")
    second = serve(SANDBOX_ACCESS_SECONDS="864000", HUB_CLOCK_OFFSET="+2d")
    address = "/v2/user/info/?fields=open_id,likes_count"
    before = fetch(first + address, token=pair["access_token"])["data"]["user"]
    after = fetch(second + address, token=pair["access_token"])["data"]["user"]
    assert after["open_id"] == before["open_id"]
    assert after["likes_count"] > before["likes_count"]


def test_it_cuts_the_connection_in_mid_body(serve):
    url = serve()
    (pair,) = grants(url, "toko_satu")
    fetch(f"{url}/_faults", {"fault": "cut", "endpoint": "user/info"})
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    line.request("GET", "/v2/user/info/?fields=open_id", headers=headers)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        line.getresponse().read()
    line.close()


def test_it_wakes_a_hanging_call_on_reset(serve):
    url = serve()
    (pair,) = grants(url, "toko_hang")
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(
            fetch, f"{url}/v2/user/info/?fields=open_id", None, pair["access_token"]
        )
        while not fetch(f"{url}/_log/summary")["in_flight"]:
            time.sleep(0.02)
        assert not hanging.done()
        fetch(f"{url}/_faults/reset", {})
        with pytest.raises(OSError, match="500"):
            hanging.result(5)

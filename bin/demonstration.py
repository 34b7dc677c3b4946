"""What `bin/demo` adds to `bin/run`: the sandbox providers, people and numbers, a first sync."""

import argparse
import json
import os
import socket
import sys
import webbrowser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from children import Child
from sandbox.settings import load as load_sandbox

if TYPE_CHECKING:
    from supervise import House

# Settings that lead to the sandbox, unless they were given: name of the field, path.
ADDRESSES = {
    "tiktok_api_url": "",
    "tiktok_auth_url": "/v2/auth/authorize/",
    "tiktok_web_url": "",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stores", type=int, default=300, help="how many (300)")
    parser.add_argument("--days", type=int, default=90, help="days of history (90)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")


def furnish(house: "House") -> None:
    """Start the sandbox, point the hub to it, load people, stores and history."""
    settings = load_sandbox()
    given = load_given_port()
    port = given or free_port(house)
    url = f"http://127.0.0.1:{port}"
    point_to(house, url, settings.client_key, settings.client_secret)
    os.putenv("SANDBOX_PORT", str(port))
    if not settings.data_dir:
        os.putenv("SANDBOX_DATA_DIR", str(house.folder / "sandbox"))
    house.sandbox = Child("sandbox", [sys.executable, "-m", "sandbox", "--port", str(port)], rank=1)
    house.supervisor.keep(house.sandbox)
    house.wait_for(lambda: open_port(port), house.sandbox, 20)
    load(house, url)


def load_given_port() -> int:
    """SANDBOX_PORT when it was set, else 0."""
    marker = load_sandbox()
    return marker.port if marker.port != type(marker)().port else 0


def free_port(house: "House") -> int:
    """The port of the last demo on this folder if it is free, else any."""
    try:
        last = urlsplit(read_demo(house)["sandbox_url"]).port or 0
    except (OSError, ValueError, KeyError):
        last = 0
    for port in (last, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise OSError("no free port")


def open_port(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def point_to(house: "House", url: str, key: str, secret: str) -> None:
    values = {name: url + path for name, path in ADDRESSES.items()}
    values |= {"tiktok_client_key": key, "tiktok_client_secret": secret}
    for name, value in values.items():
        if name not in house.settings.model_fields_set:
            os.putenv(name.upper(), value)  # the children inherit it


def load(house: "House", url: str) -> None:
    stores, days = house.arguments.stores, house.arguments.days
    house.supervisor.say(f"loading {stores} stores with {days} days of history …")
    command = [*house.flask, "demo", "load", "--sandbox", url]
    command += ["--stores", str(stores), "--days", str(days)]
    house.must(command, "the demo could not be loaded")


def read_demo(house: "House") -> dict[str, Any]:
    return dict(json.loads((house.folder / "demo.json").read_text()))


def greet(house: "House") -> None:
    """Addresses and logins, then a real sync through worker and sandbox."""
    house.supervisor.relay.out.write(box(welcome(house)).encode())
    if not house.arguments.no_browser:
        webbrowser.open(house.address)
    if house.supervisor.run([*house.flask, "demo", "sync"]):
        house.supervisor.say("the first sync could not be started; the page Sync can do it")


def welcome(house: "House") -> list[str]:
    demo = read_demo(house)
    lines = ["Hub is ready", "", f"  dashboard   {house.address}/dashboard"]
    if slug := demo.get("influencer", {}).get("slug"):
        lines.append(f"  portfolio   {house.address}/p/{slug}")
    lines += [f"  API docs    {house.address}/api/docs", f"  sandbox     {demo['sandbox_url']}", ""]
    for role in ("admin", "ops", "store", "influencer"):
        if person := demo.get(role):
            lines.append(f"  {role:<11} {person['email']}   {person['password']}")
    lines += [
        "",
        "Log in as admin and look at Sync: all stores are being read right now.",
        f"Keys and logins are also in {house.folder / 'demo.json'}.",
        "Ctrl-C stops everything; bin/demo again goes on with the same data.",
    ]
    return lines


def box(lines: list[str]) -> str:
    width = max(map(len, lines))
    inside = "".join(f"│ {line:<{width}} │\n" for line in lines)
    return f"\n┌─{'─' * width}─┐\n{inside}└─{'─' * width}─┘\n\n"

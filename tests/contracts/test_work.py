"""Queues, jobs, the schedule: what is declared is listened to, and exists."""

import ast
from typing import Any

from croniter import croniter

from hub import schedule
from hub.jobs import QUEUES
from tests.contracts.code import calls, files, name_of, text_of, tree
from tests.servers import ROOT


def test_workers_listen_to_the_declared_queues() -> None:
    made = list(calls(ROOT / "worker.py", "HubWorker"))
    assert made
    for call in made:
        assert isinstance(call.args[0], ast.Name) and call.args[0].id == "QUEUES"


def test_every_queue_is_used_and_every_use_declared() -> None:
    used = {
        text_of(call.args[0]) or f"{name_of(path)}:{call.lineno} is no literal"
        for path in files("hub")
        if path.name != "jobs.py" or path.parent.name != "hub"
        for call in calls(path, "enqueue")
    }
    assert used == set(QUEUES)


def test_jobs_are_functions_of_a_queue_door() -> None:
    """A worker finds them by name: at the top of a room's jobs.py."""
    there = {
        node.name
        for path in files("hub", "*/jobs.py")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
    }
    asked = {
        ast.unparse(call.args[1]).rpartition(".")[2]
        for path in files("hub", "*/*.py")
        for call in calls(path, "enqueue")
    }
    assert asked <= there


def test_the_schedule_stands(app: Any) -> None:
    names = [entry.name for entry in schedule.TABLE]
    assert len(names) == len(set(names)) == 3
    config = app.extensions["settings"]
    for entry in schedule.TABLE:
        assert croniter.is_valid(entry.cron(config))
        assert callable(entry.fire) and callable(entry.skip)
    assert schedule.SWEEPERS and all(map(callable, schedule.SWEEPERS))

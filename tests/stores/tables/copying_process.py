"""Copies in processes of their own, to be killed: each line of standard input describes one, as JSON.

Every copy is a fork of this process, which has loaded all that it needs. It says `ready` with its number, `chunk` after
each of them, and `ended` with its exit code.
"""

import json
import os
import sys

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.opening import open_database
from tests.stores.tables.orders import Move, selection_of


def copy(description: dict) -> None:
    worker = WorkerToken("run:7:copy:0", description["token"])
    with open_database(**description["source"]) as source, open_database(**description["target"]) as target:
        target.raise_worker_fence(worker)
        selection = selection_of(source, target, tuple(description["names"]), description["key"])
        say(f"ready {os.getpid()}")
        move = Move(source, target, selection)
        move.run(rows=description["rows"], worker=worker, interrupt=lambda count: say(f"chunk {count}"))


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            copy(json.loads(line))
            os._exit(0)
        say(f"ended {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}")


if __name__ == "__main__":
    main()

"""`python -m examples.deployment fill|traffic deployment.json`; see the README beside this file."""

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from examples.deployment.filling import fill
from examples.deployment.traffic import Traffic
from migrations_app.routing import HttpRouteSource, SessionRouter

PATIENCE_SECONDS = 150.0  # longer than the longest write pause that a migration may take (two minutes by default)


def main(what: str, path: Path) -> int:
    deployment: dict[str, Any] = json.loads(path.read_text())
    configs = {name: store["config"] for name, store in deployment["stores"].items()}
    secrets = {name: store["secrets"] for name, store in deployment["stores"].items()}
    if what == "fill":
        first = next(iter(configs))
        return report({"sessions": fill(configs[first], secrets[first])})
    route = deployment["route"]
    leave = threading.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: leave.set())
    traffic = Traffic()
    source = HttpRouteSource(route["url"], route["name"], route["token"])
    client = SessionRouter(source, configs, secrets=secrets, retry_budget_seconds=PATIENCE_SECONDS)
    with source, client:
        traffic.run(client, leave)
    return report(traffic.summary())


def report(document: dict[str, Any]) -> int:
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))

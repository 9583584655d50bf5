"""`python -m examples.deployment.pool DIRECTORY`: runs the pool that DIRECTORY/pool.json describes, until SIGTERM."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from examples.deployment.pool.channel import serve_tcp, serve_unix
from examples.deployment.pool.control import Control, Front
from examples.deployment.pool.supervisor import Supervisor


def main(directory: Path) -> int:
    leave = threading.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: leave.set())
    supervisor = Supervisor(directory)
    settings = supervisor.read_settings()
    doors = [serve_unix(directory / "control.sock", Control(supervisor).answer)]
    front, front_url = serve_tcp(settings.get("port", 0), Front(supervisor).answer)
    doors.append(front)
    addresses = {"pid": os.getpid(), "front": front_url}
    if token := settings.get("token", ""):
        control, addresses["control"] = serve_tcp(settings.get("control_port", 0), Control(supervisor, token).answer)
        doors.append(control)
    fresh = directory / "addresses.json.new"
    fresh.write_text(json.dumps(addresses))
    fresh.replace(directory / "addresses.json")
    leave.wait()
    for door in doors:
        door.shutdown()
    supervisor.close()
    (directory / "control.sock").unlink(missing_ok=True)
    (directory / "addresses.json").unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))

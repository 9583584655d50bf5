"""A real `snakeweb-gateway` process, from its configuration file."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from migrations_app.routing.gateway_server import TOKEN

SECRET = "callers"


@contextmanager
def running_gateway(document: Mapping[str, Any], directory: Path) -> Iterator[httpx.Client]:
    """A client of a gateway that is up; its callers' token is SECRET."""
    file = directory / "gateway.json"
    file.write_text(json.dumps(document))
    program = Path(sys.executable).with_name("snakeweb-gateway")
    command = [program] if program.exists() else [sys.executable, "-m", "migrations_app.routing.gateway_server"]
    with (directory / "gateway.log").open("wb") as log:
        process = subprocess.Popen([*command, str(file)], stdout=log, stderr=log, env={**os.environ, TOKEN: SECRET})
    base = f"http://127.0.0.1:{document['gateway']['port']}"
    try:
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {SECRET}"}, timeout=20) as client:
            _up(client, process)
            yield client
    finally:
        process.terminate()
        assert process.wait(60) is not None


def _up(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + 30
    while process.poll() is None:
        try:
            assert client.get("/healthz").status_code == 200
            return
        except httpx.ConnectError:
            assert time.monotonic() < ends
    raise AssertionError("the gateway has ended")

"""The server, which writes down what it is asked, and which is one without streams while a file says so."""

import os
from pathlib import Path
from typing import Any

from snakeweb.asgi import application as product

STATE = Path(os.environ["SNAKEWEB_STATE"])


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        with (STATE / "asked").open("a") as asked:
            asked.write(f"{scope['path']}\n")
        if scope["path"].endswith("/stream") and (STATE / "older").exists():
            scope = {**scope, "path": f"{scope['path']}-is-not-there"}
    await product(scope, receive, send)

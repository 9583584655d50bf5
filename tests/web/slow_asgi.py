"""The product's application with one address whose answer waits until a file is there, and then comes in two parts."""

import asyncio
import os
from pathlib import Path
from typing import Any

from migrations_app.web import draining
from snakeweb.asgi import application as product

GATE = "SLOW_GATE"
draining.LONGEST_SECONDS = 120.0  # a busy machine cuts nothing off here


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope.get("path") != "/slow":
        await product(scope, receive, send)
        return
    gate = Path(os.environ[GATE])
    gate.with_suffix(".asked").touch()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while not gate.exists():
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b"ended"})

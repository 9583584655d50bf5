"""One call of Apprise's, in a process of its own: it has a limit of time and of memory, however the other side answers.

Apprise waits for each part of an answer anew and reads all of it, so a service that sends a byte now and then would
keep one of the few places for outgoing calls for ever. What a name resolves to is judged where the process looks it up
to connect, whatever Apprise makes of an address; proxies of the environment may stand anywhere.
"""

import ipaddress
import json
import math
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from apprise import Apprise, NotifyFormat

from migrations_app.runtime.outgoing import AddressRefused, CheckedBackend

MOST_SECONDS = 20.0
MOST_MEMORY = 2**30  # bytes of addresses; the interpreter and Apprise take a quarter
_HERE = "migrations_app.runtime.apprise_call"
_ROOT = Path(__file__).parents[2]
_OURS = "SNAKEWEB_"  # settings of this installation, secrets among them


class NotTaken(RuntimeError):
    """The end of a sentence that begins with the service; no part of its address."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a host is judged that the address names: `networks` are open all the same, alone where not `encrypted`."""

    networks: tuple[str, ...]
    encrypted: bool


def notified(url: str, subject: str, text: str, judged: Judged | None) -> None:
    """`judged` None: the host is the service's own. Raises NotTaken."""
    asked: dict[str, Any] = {"url": url, "subject": subject, "text": text, "judged": asdict(judged) if judged else None}
    asked["memory"] = MOST_MEMORY
    env = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    try:
        ended = subprocess.run(  # noqa: S603  our own module
            [sys.executable, "-m", _HERE],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=MOST_SECONDS,
            env=env | {"PYTHONPATH": str(_ROOT)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotTaken(f"did not answer within {MOST_SECONDS:g} s") from None
    if ended.returncode != 0:
        raise NotTaken(ended.stdout.decode(errors="replace").strip()[:200] or "did not take it")


def main() -> int:
    """0 where it was taken; else what is known goes to standard output, without anything of the address."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
    refused: list[str] = []
    if asked["judged"] is not None:
        socket.getaddrinfo = _judging(Judged(**asked["judged"]), refused)
    apprise = Apprise()
    taken = apprise.add(asked["url"]) and apprise.notify(
        title=asked["subject"], body=asked["text"], body_format=NotifyFormat.TEXT
    )
    if refused:
        sys.stdout.write("leads where no call goes; nothing was sent")
    return 0 if taken else 1


def _judging(judged: Judged, refused: list[str]) -> Callable[..., Any]:
    """Looks a name up and gives those of its addresses that a call may go to, which are then connected to."""
    networks = map(ipaddress.ip_network, judged.networks)
    backend = CheckedBackend(networks, deadline=math.inf, encrypted=judged.encrypted)
    look_up, proxies = socket.getaddrinfo, {urlsplit(proxy).hostname for proxy in getproxies().values()}

    def found(host: Any, *rest: Any, **more: Any) -> list[Any]:
        entries = look_up(host, *rest, **more)
        if host in proxies:
            return entries
        try:
            good = {str(address) for address in backend.judged(str(host), [str(entry[4][0]) for entry in entries])}
        except AddressRefused as error:
            refused.append(str(error))
            raise OSError(str(error)) from error
        return [entry for entry in entries if str(entry[4][0]) in good]

    return found


if __name__ == "__main__":
    sys.exit(main())

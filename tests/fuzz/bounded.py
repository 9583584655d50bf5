"""Inputs of a few kilobytes or megabytes that stand for gigabytes: `python -m tests.fuzz.bounded` reads each of them.

In a process with a limit on its memory and time; prints by how many MiB its peak grew with each. Django's settings
are its caller's.
"""

import resource
import sys
import tempfile
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from migrations_app.runtime import saml  # noqa: E402  models load only after django.setup()
from migrations_app.runtime.identity import SignOnFailed  # noqa: E402
from migrations_app.runtime.saml_answers import vouched  # noqa: E402
from tests.fuzz.doors import PLAIN  # noqa: E402
from tests.saml_provider import IdentityProvider  # noqa: E402
from tests.services.bombs import ALIASES  # noqa: E402

MOST_MIB = 1024  # beyond what is in use when reading begins
SECONDS = 120
SIGN_ON = ("", "long_namespace", "many_transforms", "many_prefixes")  # answers of `tests/saml_provider.py`
NORA = {"sub": "nora-1", "email": "nora@example.org"}
HERE = saml.Here("https://snakeweb.example/metadata/", "https://snakeweb.example/answer/")
MANY = 10 * 2**20


def packed_term(size: int) -> bytes:
    """A compressed term of a node that says it has `size` bytes and really has, about a thousandth as long."""
    packer = zlib.compressobj(9)
    parts = [packer.compress(b"m" + (size - 5).to_bytes(4, "big"))]
    parts += [packer.compress(bytes(2**20)) for _ in range(size // 2**20)]
    return b"\x83P" + size.to_bytes(4, "big") + b"".join(parts) + packer.flush()


def framed(term: bytes) -> bytes:
    return len(term).to_bytes(4, "big") + term


def cases() -> dict[str, tuple[str, str | bytes]]:
    gigabyte = packed_term(2**30)
    return {
        "aliases in yaml": ("yaml", ALIASES),
        "ten megabytes of yaml": ("yaml", "a: " + "x" * MANY),
        "deep json": ("configuration config.json", b"[" * 200_000),
        "flat json": ("configuration config.json", b"[]" * 200_000),
        "aliases in a configuration": ("configuration config.yaml", ALIASES.encode()),
        "deep yaml": ("configuration config.yaml", b"a: " + b"[" * 100_000),
        "deep toml": ("configuration config.toml", b"a = " + b"[" * 100_000),
        "deep elixir": ("configuration config.exs", b"import Config\nconfig :snakepit, a: " + b"[" * 100_000),
        "one line of ten megabytes": ("snapshot ndjson", b'{"format":1,"id":"' + b"x" * MANY),
        "deep line": ("snapshot ndjson", b"[" * 1_000_000),
        "a packed gigabyte": ("snapshot etf", gigabyte),
        "a packed gigabyte in a frame": ("snapshot etf", framed(gigabyte)),
        "a length that lies": ("snapshot etf", b"\xff\xff\xff\xff\x83m\xff\xff\xff\xff"),
        "deep checkpoint": ("checkpoint", b"[" * 1_000_000),
        "deep route": ("route", '{"a":' * 500_000),
        "words without end": ("search", '"a" ' * 1_000_000),
        "a log line of ten megabytes": ("log line", "password=" + "x" * MANY),
        "names without end": ("log line", "password" * 100_000),
        "schemes without end": ("log line", "a://b:" * 100_000),
    }


def sign_on(provider: saml.Provider, posted: str) -> None:
    with suppress(SignOnFailed):
        vouched(provider, HERE, posted=posted, now=datetime.now(UTC))


def peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    given = cases()
    with tempfile.TemporaryDirectory() as directory:
        signing = IdentityProvider(Path(directory))
        provider = saml.provider(signing.settings())
        address, _ = saml.leaving(provider, HERE, again=False)
        answers = {f"sign-on answer {name}".strip(): signing.answer(address, NORA, name) for name in SIGN_ON}
    with open("/proc/self/statm") as now:
        used = int(now.read().split()[0]) * resource.getpagesize()
    most = used + MOST_MIB * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    for name, (reader, content) in given.items():
        before = peak_mib()
        PLAIN[reader](content)
        _tell(name, before)
    for name, posted in answers.items():
        before = peak_mib()
        sign_on(provider, posted)
        _tell(name, before)


def _tell(name: str, before: int) -> None:
    sys.stdout.write(f"{peak_mib() - before} {name}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

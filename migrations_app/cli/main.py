"""`snakeweb`: the console script for people and CI. It talks to the API and to nothing else."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from migrations_app.cli import audit, status, watch
from migrations_app.cli.client import connected
from migrations_app.cli.exits import CommandFailed, Exit

EXITS = """exit status:
  0    done; for watch: the run succeeded (a rollback: it is rolled back)
  1    the run failed, was cancelled or rolled back, or needs a person; an export is damaged
  2    wrong arguments, or no token
  3    refused: token not known, not allowed, not found
  4    Snakeweb does not answer
  130  interrupted; a watched run goes on"""


def main(arguments: Sequence[str] | None = None) -> int:
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    given = _parser().parse_args(arguments)
    try:
        if hasattr(given, "offline"):
            return int(given.offline(given, Console(highlight=False, soft_wrap=not sys.stdout.isatty())))
        with connected(given.url, _token(given)) as client:
            return int(given.command(client, given, Console(highlight=False, soft_wrap=not sys.stdout.isatty())))
    except CommandFailed as failed:
        errors.print(f"snakeweb: {failed}", markup=False)
        return int(failed.status)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--url",
        default=os.environ.get("SNAKEWEB_URL", "http://127.0.0.1:8000"),
        help="where Snakeweb is served (or SNAKEWEB_URL; default http://127.0.0.1:8000)",
    )
    shared.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with an API token (or SNAKEWEB_TOKEN holds the token)"
    )
    shared.add_argument("--json", action="store_true", help="print JSON for programs")
    parser = argparse.ArgumentParser(
        prog="snakeweb",
        description="Look at and follow migrations through Snakeweb's API.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    status.register(commands, shared)
    watch.register(commands, shared)
    audit.register(commands, shared)
    return parser


def _token(given: argparse.Namespace) -> str:
    """A token never comes as an argument: other users of the machine could read it."""
    try:
        token = given.token_file.read_text() if given.token_file else os.environ.get("SNAKEWEB_TOKEN", "")
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"The token file cannot be read: {error.strerror or error}.") from error
    if not token.strip():
        raise CommandFailed(
            Exit.USAGE, "There is no token. Make one on the settings page, and set SNAKEWEB_TOKEN or give --token-file."
        )
    if not token.strip().isascii() or not token.strip().isprintable():
        raise CommandFailed(Exit.USAGE, "The token holds characters that no token has. Copy it again.")
    return token.strip()

"""What shows that it is the person: typed at the terminal, or read from files that a password manager writes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from migrations_app.cli.connection import chained
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.sign_in import Proof


def proving(what_for: str) -> Callable[..., Any]:
    """The options `--sign-in`, `--password-file` and `--code-file`."""
    return chained(
        click.option("--sign-in", default="", metavar="NAME", help=what_for),
        click.option(
            "--password-file", type=click.Path(path_type=Path), metavar="FILE", help="instead of typing the password"
        ),
        click.option(
            "--code-file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="instead of typing the code of the second factor",
        ),
    )


def proof_from(name: str, password_file: Path | None, code_file: Path | None) -> Proof | None:
    """None where nobody signs in. Raises CommandFailed (USAGE) for files without a name."""
    if not name:
        if password_file or code_file:
            raise CommandFailed(Exit.USAGE, "A password needs a name: give --sign-in NAME as well.")
        return None
    return Proof(name, _asked("password", password_file), _asked("code of the second factor", code_file))


def _asked(what: str, file: Path | None) -> Callable[[], str]:
    """Typed without being shown, or the first line of the file. Never an argument: other users list those."""

    def ask() -> str:
        if file is None:
            return str(click.prompt(what, hide_input=True, err=True))
        try:
            return file.read_text().split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise CommandFailed(Exit.USAGE, f"The file of the {what} cannot be read: {reason}.") from error

    return ask

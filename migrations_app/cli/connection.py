"""Which server, with which token, and how to print: what the command line says, else the environment, else the profile.

A profile that the command line names counts as the command line's own: SNAKEWEB_URL and a token of the environment do
not change where `--profile production` leads.
"""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from migrations_app.cli import configuration
from migrations_app.cli.client import connected
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out

HERE = "http://127.0.0.1:8000"
_OPTIONS = (
    click.option("--profile", "-p", envvar="SNAKEWEB_PROFILE", default="", metavar="NAME", help="profile of the file"),
    click.option("--url", envvar="SNAKEWEB_URL", default="", help=f"where Snakeweb is served (default {HERE})"),
    click.option(
        "--token-file", envvar="SNAKEWEB_TOKEN_FILE", type=click.Path(path_type=Path), metavar="FILE",
        help="file with an API token (SNAKEWEB_TOKEN holds the token itself)",
    ),
)  # fmt: skip
_OUTPUT = click.option(
    "--output", "-o", envvar="SNAKEWEB_OUTPUT", type=click.Choice(["text", "json"]), help="text (default) or json"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="the same as --output json")


def speaks(command: Callable[..., Exit]) -> Callable[..., Any]:
    """Give a command the options of the connection, and call it with a client and a printer.

    A token is never an argument: whoever lists the processes of the machine could read it.
    """

    @_JSON
    @_OUTPUT
    @chained(*_OPTIONS)
    @functools.wraps(command)
    def call(**given: Any) -> Exit:
        found = configuration.profile(given.pop("profile"))
        url = address(_said(given.pop("url"), "url"), found)
        token = _token(_said(given.pop("token_file"), "token_file"), url, found)
        as_json = _as_json(given.pop("output"), given.pop("as_json"), found)
        with connected(url, token) as client:
            return command(client, Out(as_json=as_json, quiet=given.pop("quiet", False)), **given)

    return call


def places(command: Callable[..., Exit]) -> Callable[..., Any]:
    """Only `profile` and `url`, for a command that needs no token yet."""
    return chained(*_OPTIONS[:2])(command)


def prints(command: Callable[..., Exit]) -> Callable[..., Any]:
    """For a command that needs no server: it gets `out`."""

    @_JSON
    @_OUTPUT
    @functools.wraps(command)
    def call(**given: Any) -> Exit:
        as_json = _as_json(given.pop("output"), given.pop("as_json"), configuration.Profile(""))
        return command(out=Out(as_json=as_json), **given)

    return call


quietly = click.option("--quiet", "-q", is_flag=True, help="print only the id of what was made or started")


def address(given: str | None, found: configuration.Profile) -> str:
    return (given or found.url or HERE).rstrip("/")


def token_in(file: Path) -> str:
    """Raises CommandFailed (USAGE)."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise CommandFailed(Exit.USAGE, f"The token file cannot be read: {reason}.") from error
    return readable(text)


def readable(token: str) -> str:
    """Raises CommandFailed (USAGE) for what cannot be sent as a token."""
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise CommandFailed(Exit.USAGE, "The token holds characters that no token has. Copy it again.")
    return token


def _token(file: Path | None, url: str, found: configuration.Profile) -> str:
    """A stored token goes only to the server that it was stored for, whatever --url says."""
    if file:
        return token_in(file)
    if not (_named_by_hand() and found.token) and (given := readable(os.environ.get("SNAKEWEB_TOKEN", ""))):
        return given
    if found.token and found.url.rstrip("/") == url:
        return readable(found.token)
    elsewhere = f" The token of profile “{found.name}” is for {found.url} and goes nowhere else." if found.token else ""
    raise CommandFailed(
        Exit.USAGE,
        f"There is no token for {url}.{elsewhere} Say `snakeweb login`, set SNAKEWEB_TOKEN or give --token-file.",
    )


def _said(value: Any, parameter: str) -> Any:
    """The value of an option, unless the environment said it beside a profile that was named by hand."""
    source = click.get_current_context().get_parameter_source(parameter)
    return None if source is ParameterSource.ENVIRONMENT and _named_by_hand() else value


def _named_by_hand() -> bool:
    return click.get_current_context().get_parameter_source("profile") is ParameterSource.COMMANDLINE


def _as_json(output: str | None, flag: bool, found: configuration.Profile) -> bool:
    if found.output not in ("", "text", "json"):
        raise CommandFailed(Exit.USAGE, f"{configuration.path()}: output “{found.output}” is not text or json.")
    return flag or (output or found.output) == "json"


def chained(
    *options: Callable[[Callable[..., Any]], Callable[..., Any]],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Several decorators as one, in the order of `--help`."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate

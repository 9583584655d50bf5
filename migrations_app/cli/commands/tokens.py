"""`snakeweb login` and `logout`: the token of a server, in the configuration file. It never signs anything."""

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from migrations_app.cli import configuration
from migrations_app.cli.client import Client, connected
from migrations_app.cli.configuration import Profile
from migrations_app.cli.connection import address, places, readable, speaks, token_in
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.proofs import proof_from, proving
from migrations_app.cli.sign_in import Proof, signed_in
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain

LIFE_DAYS = 90


@click.command("login")
@places
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="take the token from here; - for standard input",
)
@proving("sign in here, and make the token with that session")
@click.option(
    "--scope", "scopes", multiple=True, default=("read", "operate"), help="of a token that is made (again for more)"
)
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=LIFE_DAYS,
    help=f"how long a token that is made lives (default {LIFE_DAYS})",
)
def login(
    profile: str, url: str, token_file: Path | None, sign_in: str, password_file: Path | None,
    code_file: Path | None, scopes: tuple[str, ...], days: int,
) -> Exit:  # fmt: skip
    """Store a token for a server, under a profile of the configuration file.

    Without --sign-in the token is one that you made on the settings page: it is asked for, or read from --token-file.
    With it you sign in here, and a token is made that lives for --days.
    """
    name = profile or configuration.DEFAULT
    known = configuration.profile(profile) if profile in configuration.names() else Profile(name)
    server = address(url, known)
    out = Out()
    proof = proof_from(sign_in, password_file, code_file)
    token = _made(server, proof, scopes, days) if proof else _given(server, token_file, out)
    with connected(server, token) as client:
        _try(client)
    configuration.keep(Profile(name, server, token, known.output))
    out.say(f"The token for {plain(server)} is in {plain(str(configuration.path()))}, as profile {plain(name)}.")
    return Exit.OK


@click.command("logout")
@speaks
def logout(client: Client, out: Out) -> Exit:
    """Revoke the token that is in use, and take it out of the configuration file."""
    found = configuration.profile(str(click.get_current_context().params["profile"]))
    rows = [row for row in client.everything("/tokens") if client.token.startswith(f"{row['prefix']}_")]
    for row in rows:
        client.delete(f"/tokens/{row['id']}")
    if found.token == client.token:
        configuration.forget_token(found.name)
    out.say(f"The token is revoked: {plain(client.base)} knows it no more.")
    return Exit.OK


def _made(server: str, proof: Proof, scopes: tuple[str, ...], days: int) -> str:
    until = datetime.now(UTC) + timedelta(days=days)
    wanted = {
        "name": f"snakeweb on {socket.gethostname()}"[:80],
        "scopes": list(scopes),
        "expires_at": until.isoformat(),
    }
    with signed_in(server, proof) as session:
        return str(session.post("/tokens", wanted)["token"])


def _given(server: str, file: Path | None, out: Out) -> str:
    if file is None:
        out.say(f"Make a token on {plain(server)}/settings/tokens/ and paste it here; it is not shown.")
    token = token_in(file) if file else readable(click.prompt("token", hide_input=True, err=True))
    if not token:
        raise CommandFailed(Exit.USAGE, "This is no token; nothing was stored.")
    return token


def _try(client: Client) -> None:
    """Nothing is stored that the server does not know. A token that may not read is known all the same."""
    try:
        client.get("/tokens")
    except CommandFailed as failed:
        if failed.status is not Exit.REFUSED or "may not" not in str(failed):
            raise CommandFailed(failed.status, f"{failed} Nothing was stored.") from failed


COMMANDS = (login, logout)

"""`snakeweb audit`: export the audit trail, and verify an export without any server."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from migrations_app.cli.client import Client
from migrations_app.cli.connection import chained, prints, speaks
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain
from migrations_app.proofs.export import ExportCheck, ExportDamaged
from migrations_app.proofs.export import verify as verify_export
from migrations_app.proofs.keys import PublicKeys

_FILTERS = {
    "q": "words of an entry, or its number",
    "actor": "user name",
    "on_behalf_of": "user name",
    "topic": "as signatures, rights, runs, doors",
    "action": "as run.execute",
    "outcome": "allowed, denied or failed",
    "environment": "by its name",
    "object_type": "as migration",
    "object_id": "its number",
    "token": "the prefix of an API token",
    "address": "as 192.0.2.7",
    "request_id": "of one request",
    "since": "from this moment on, ISO 8601",
    "until": "before this moment, ISO 8601",
}
_OPTIONS = {"token": "with-token", "q": "words"}
_FORMATS = ("jsonl", "csv", "cef", "ocsf")


@click.group("audit")
def audit() -> None:
    """Export the audit trail; verify an export."""


@audit.command("export")
@speaks
@click.argument("file")
@click.option(
    "--format", "written_as", type=click.Choice(_FORMATS), default="jsonl", help="jsonl comes with proofs (default)"
)
@chained(*(click.option(f"--{name.replace('_', '-')}", default="", help=said) for name, said in _FILTERS.items()))
def export(client: Client, out: Out, file: str, written_as: str, **filters: str) -> Exit:
    """Write the trail, or what matches, to FILE; - for standard output."""
    query = {name: value for name, value in filters.items() if value}
    if file == "-":
        client.download("/audit/export", sys.stdout.buffer, format=written_as, **query)
        return Exit.OK
    path = Path(file)
    try:
        with path.open("xb") as written:
            size = _downloaded(client, path, written, format=written_as, **query)
    except FileExistsError as error:
        raise CommandFailed(Exit.USAGE, f"{path} is there already; nothing was written over it.") from error
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{path} cannot be written: {error.strerror or error}.") from error
    out.say(f"{size:,} bytes written to {plain(str(path))}")
    return Exit.OK


def _downloaded(client: Client, path: Path, written: BinaryIO, **query: str) -> int:
    """A part of it would look like the whole: whatever ends the download, Ctrl-C and a full disk too, removes it."""
    try:
        size = client.download("/audit/export", written, **query)
        written.flush()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return size


@audit.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--public-key", "public_keys", multiple=True, required=True, metavar="KEY",
    help="64 hex digits, noted down from the audit page; again for each key that was in use",
)  # fmt: skip
@prints
def verify(file: Path, public_keys: tuple[str, ...], out: Out) -> Exit:
    """Verify an exported file. Needs no server and no token."""
    try:
        keys = PublicKeys.from_hex(public_keys)
        with file.open("rb") as opened:
            check = verify_export(opened, keys)
    except ExportDamaged as damaged:
        raise CommandFailed(
            Exit.FAILED, f"{file} does not prove what it says. Line {damaged.line}: {damaged}."
        ) from damaged
    except ValueError as error:
        raise CommandFailed(Exit.USAGE, str(error)) from error
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{file} cannot be read: {error.strerror or error}.") from error
    if out.as_json:
        out.json({**asdict(check), "unproven": check.unproven})
        return Exit.OK
    for line in _said(check):
        out.raw(line)
    return Exit.OK


def _said(check: ExportCheck) -> list[str]:
    lines = [f"The file is as it was signed by key {check.key} at {check.at}."]
    if check.entries == 0:
        return [*lines, "It holds no entry."]
    lines.append(f"{check.entries:,} entries, {check.first} to {check.last}; {check.proven:,} proven by checkpoints.")
    if check.unproven:
        lines.append(f"{check.unproven:,} are newer than the newest checkpoint: only the database vouches for them.")
    if check.filters:
        asked = ", ".join(f"{name} {value}" for name, value in check.filters.items())
        lines.append(f"It was filtered ({asked}): that nothing else matches, the file cannot prove.")
    elif not check.whole or check.first != 1:
        lines.append("Entries are missing between or before these: an auditor of some environments sees those only.")
    else:
        lines.append("Nothing is left out: it begins with the first entry, and each follows the one before.")
    return lines


COMMANDS = (audit,)

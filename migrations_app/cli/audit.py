"""`snakeweb audit`: export the audit trail, and verify an export without any server."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from migrations_app.cli.client import Client
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.proofs.export import ExportCheck, ExportDamaged, verify
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


def register(commands: Any, shared: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("audit", help="export the audit trail; verify an export", description=__doc__)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    export = actions.add_parser("export", parents=[shared], help="write the trail, or what matches, to a file")
    export.add_argument("file", metavar="FILE", help="where to; - for standard output")
    export.add_argument("--format", choices=_FORMATS, default="jsonl", help="jsonl comes with proofs (default)")
    for name in _FILTERS:  # `--token` would read like `--token-file`
        export.add_argument(
            f"--{_OPTIONS.get(name, name).replace('_', '-')}", dest=f"of_{name}", default="", help=_FILTERS[name]
        )
    export.set_defaults(command=run_export)
    check = actions.add_parser("verify", help="verify an exported file; needs no server and no token")
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument(
        "--public-key", action="append", required=True, metavar="KEY",
        help="64 hex digits, noted down from the audit page; again for each key that was in use",
    )  # fmt: skip
    check.add_argument("--json", action="store_true", help="print JSON for programs")
    check.set_defaults(offline=run_verify)


def run_export(client: Client, given: argparse.Namespace, out: Console) -> Exit:
    query = {name: value for name in _FILTERS if (value := getattr(given, f"of_{name}"))}
    if given.file == "-":
        client.download("/audit/export", sys.stdout.buffer, format=given.format, **query)
        return Exit.OK
    file = Path(given.file)
    try:
        with file.open("xb") as written:
            size = client.download("/audit/export", written, format=given.format, **query)
    except FileExistsError as error:
        raise CommandFailed(Exit.USAGE, f"{file} is there already; nothing was written over it.") from error
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{file} cannot be written: {error.strerror or error}.") from error
    except CommandFailed:
        file.unlink(missing_ok=True)
        raise
    out.print(f"{size:,} bytes written to {file}", markup=False)
    return Exit.OK


def run_verify(given: argparse.Namespace, out: Console) -> Exit:
    try:
        keys = PublicKeys.from_hex(given.public_key)
        with given.file.open("rb") as file:
            check = verify(file, keys)
    except ExportDamaged as damaged:
        raise CommandFailed(
            Exit.FAILED, f"{given.file} does not prove what it says. Line {damaged.line}: {damaged}."
        ) from damaged
    except ValueError as error:
        raise CommandFailed(Exit.USAGE, str(error)) from error
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{given.file} cannot be read: {error.strerror or error}.") from error
    if given.json:
        out.print_json(json.dumps({**asdict(check), "unproven": check.unproven}))
        return Exit.OK
    for line in _said(check):
        out.print(line, markup=False)
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

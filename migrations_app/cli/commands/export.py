"""`snakeweb export` and `import`: a migration as a YAML document, and back."""

from pathlib import Path

import click

from migrations_app.cli.client import Client
from migrations_app.cli.commands.plans import elsewhere, keyed
from migrations_app.cli.connection import quietly, speaks
from migrations_app.cli.documents import text_of
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out
from migrations_app.cli.words import plain


@click.command("export")
@speaks
@click.argument("migration", type=int)
@click.argument("file", type=click.Path(path_type=Path), default="-")
def export(client: Client, out: Out, migration: int, file: Path) -> Exit:
    """Write a migration as YAML to FILE, or to standard output. It holds names only: no ids and no credentials."""
    text = client.text(f"/migrations/{migration}/export")
    if str(file) == "-":
        out.raw(text.rstrip("\n"))
        return Exit.OK
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError as error:
        raise CommandFailed(Exit.USAGE, f"{file} is there already; nothing was written over it.") from error
    except OSError as error:
        raise CommandFailed(Exit.USAGE, f"{file} cannot be written: {error.strerror or error}.") from error
    out.say(f"migration {migration} is in {plain(str(file))}")
    return Exit.OK


@click.command("import")
@speaks
@click.argument("file", type=click.Path(path_type=Path))
@elsewhere
@quietly
@keyed
def import_(client: Client, out: Out, file: Path, environment: str, targets: tuple[str, ...], key: str) -> Exit:
    """Make a draft from a YAML document (- for standard input), without planning it."""
    made = client.post_yaml("/migrations/import", text_of(file), key=key, environment=environment, target=list(targets))
    if out.quiet:
        out.raw(str(made["id"]))
    elif out.as_json:
        out.json(made)
    else:
        out.say(f"migration {made['id']}, “{plain(made['title'])}”: {client.base}/migrations/{made['id']}/")
    return Exit.OK


COMMANDS = (export, import_)

"""`snakeweb`: the console script for people and CI. It talks to the API and to nothing else."""

import sys
import traceback
from collections.abc import Sequence

import click
from rich.console import Console

from migrations_app.cli.commands import (
    audit,
    completion,
    executions,
    export,
    hand_overs,
    plans,
    reviews,
    runs,
    status,
    targets,
    tokens,
    watch,
)
from migrations_app.cli.exits import CommandFailed, Exit, table
from migrations_app.cli.terminal import leave_output, speak_any_encoding

PROGRAM = "snakeweb"


@click.group(
    PROGRAM,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120, "show_default": False},
    epilog=f"\b\nexit status:\n{table()}",
)
def snakeweb() -> None:
    """Plan, review, run, watch and undo migrations through Snakeweb's API."""


for _room in (tokens, targets, plans, reviews, executions, watch, runs, hand_overs, status, export, audit, completion):
    for _command in _room.COMMANDS:
        snakeweb.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit status. A refusal is said on standard error."""
    speak_any_encoding()
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        status = snakeweb.main(arguments, prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except CommandFailed as failed:
        errors.print(f"{PROGRAM}: {failed}", markup=False)
        return int(failed.status)
    except click.ClickException as misused:
        misused.show()
        return int(Exit.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:  # whoever read has seen enough, as `head` does
        leave_output()
        return int(Exit.OK)
    except Exception:  # noqa: BLE001  its status must not be that of a run that failed
        traceback.print_exc()
        leave_output()
        return int(Exit.BROKE_OFF)
    return int(status or 0)

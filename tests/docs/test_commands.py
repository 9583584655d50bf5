"""Each command that the documentation shows exists, with the options that it is shown with; runbooks have all parts."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import takewhile

import pytest
from celery.bin.celery import celery as celery_command
from django.core.management import get_commands, load_command_class

from migrations_app.web.help import RUNBOOKS
from tests.architecture.sources import ROOT, tracked

BLOCK = re.compile(r"^ *```(?:sh)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"`([^`\n]+)`")
OURS = re.compile(r"^(?:(?:\S*/)?python )?(?:\S*/)?(manage\.py|django-admin|snakeweb|celery) (.*)$")
PARTS = ("How you notice", "What is safe", "What to do", "What not to do", "Whom to call")
PAGES = [str(path) for path in tracked() if path.suffix == ".md" and path.parts[0] in ("docs", "README.md")]


def shown(page: str) -> Iterator[tuple[str, list[str]]]:
    """(program, words) of each; what a shell joins stands alone, and what a reader puts in stays as it is."""
    text = (ROOT / page).read_text()
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()] + LINE.findall(text)
    for line in lines:
        for part in re.split(r"&&|\|", line.partition(" #")[0]):
            found = OURS.match(part.strip().removeprefix("docker compose exec web "))
            if found:
                yield found[1], shlex.split(found[2].replace("…", "x").replace("...", "x"))


def problem_of(program: str, words: list[str]) -> str:
    return {"celery": celery_problem, "snakeweb": snakeweb_problem}.get(program, django_problem)(words)


def django_problem(words: list[str]) -> str:
    name, options = words[0], [word.partition("=")[0] for word in words[1:] if word.startswith("-")]
    if name not in get_commands():
        return f"no command {name}"
    application = get_commands()[name]
    command = application if not isinstance(application, str) else load_command_class(application, name)
    known = {option for action in command.create_parser("manage.py", name)._actions for option in action.option_strings}
    return ", ".join(f"{name} has no {option}" for option in options if option not in known)


def celery_problem(words: list[str]) -> str:
    at = next((number for number, word in enumerate(words) if word in celery_command.commands), None)
    if at is None:
        return f"no celery command in {words}"
    command = celery_command.commands[words[at]]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return ", ".join(
        f"celery {words[at]} has no {word}" for word in words[at + 1 :] if word.startswith("-") and word not in known
    )


def snakeweb_problem(words: list[str]) -> str:
    named = list(takewhile(re.compile(r"[a-z]+").fullmatch, words))
    return "" if not named or is_known(*named) else f"no snakeweb {' '.join(named)}"


@cache
def is_known(*words: str) -> bool:
    command = [sys.executable, "-c", "import sys; from migrations_app.cli.main import main; sys.exit(main())"]
    return subprocess.run([*command, *words, "--help"], cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("page", PAGES)
def test_each_command_exists(page: str) -> None:
    assert [found for program, words in shown(page) if (found := problem_of(program, words))] == []


def test_what_does_not_exist_would_be_found() -> None:
    assert django_problem(["verify_audits"])
    assert django_problem(["verify_audit", "--checkpoint", "x"])
    assert not django_problem(["verify_audit", "--checkpoints", "x"])
    assert celery_problem(["-A", "snakeweb", "worker", "--queue-of-mine"])
    assert celery_problem(["-A", "snakeweb", "work"])
    assert snakeweb_problem(["fly"])
    assert sum(len(list(shown(page))) for page in PAGES) > 40


def test_each_runbook_has_all_parts_and_is_linked_by_its_name() -> None:
    pages = {path.stem: (ROOT / path).read_text() for path in tracked() if path.parts[:2] == ("docs", "runbooks")}
    assert set(pages) == {*RUNBOOKS, "README"}
    for name, title in RUNBOOKS.items():
        assert pages[name].startswith(f"# {title}\n")
        assert re.findall(r"^## (.*)$", pages[name], re.MULTILINE) == list(PARTS), name
        assert f"({name}.md)" in pages["README"]

"""Completion as shells do it: bash itself is asked; of zsh and fish, what they would be answered."""

import os
import subprocess
import sys

import pytest

from migrations_app.cli.main import main
from tests.architecture.sources import ROOT

SNAKEWEB = f"{sys.executable} -W ignore::DeprecationWarning -c 'from migrations_app.cli.main import main; exit(main())'"


def bash(script: str) -> list[str]:
    """With `snakeweb` as a function, since that is what the completion calls."""
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", f'env() {{ command env "${{@:1:$#-1}}" {SNAKEWEB}; }}\n{script}'],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ended.stdout.split()


def test_bash_completes_commands_and_options(capfd: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    written = capfd.readouterr().out

    found = bash(
        f"{written}\n"
        "complete() { :; }; compopt() { :; }\n"
        "COMP_WORDS=(snakeweb ro); COMP_CWORD=1; _snakeweb_completion snakeweb; echo ${COMPREPLY[@]}\n"
        "COMPREPLY=(); COMP_WORDS=(snakeweb plan --pre); COMP_CWORD=2\n"
        "_snakeweb_completion snakeweb; echo ${COMPREPLY[@]}\n"
    )

    assert found == ["rollback", "--preflight"]


@pytest.mark.parametrize(("shell", "calls"), [("zsh", "compdef _snakeweb_completion snakeweb"), ("fish", "complete")])
def test_other_shells_get_their_script(shell: str, calls: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0

    said = capsys.readouterr().out
    assert calls in said
    assert f"_SNAKEWEB_COMPLETE={shell}_complete" in said


@pytest.mark.parametrize(("shell", "at"), [("zsh", "1"), ("fish", "ro")])
def test_other_shells_are_answered_with_commands_and_what_they_do(shell: str, at: str) -> None:
    asked = {"_SNAKEWEB_COMPLETE": f"{shell}_complete", "COMP_WORDS": "snakeweb ro", "COMP_CWORD": at}
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", SNAKEWEB],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "rollback" in ended.stdout
    assert "Undo a migration." in ended.stdout

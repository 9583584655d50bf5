"""The files of examples/ci are what they say: YAML that each service reads, scripts for bash, commands there are."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrations_app.cli.main import snakeweb
from tests.cli.workflow import GITHUB, GITLAB, read

JOB_KEYS = {"if", "runs-on", "permissions", "env", "steps", "timeout-minutes"}
STEP_KEYS = {"name", "if", "uses", "with", "env", "run"}
GITLAB_KEYS = {
    "extends",
    "stage",
    "rules",
    "variables",
    "script",
    "resource_group",
    "timeout",
    "image",
    "before_script",
}


def scripts(path: Path) -> Iterator[str]:
    document = read(path)
    if path == GITHUB:
        yield from (step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step)
        return
    for job in document.values():
        if isinstance(job, dict):
            yield from (*job.get("before_script", ()), *job.get("script", ()))


def test_the_workflow_has_only_what_github_knows() -> None:
    document = read(GITHUB)

    assert set(document) == {"name", "on", "permissions", "concurrency", "env", "jobs"}
    assert set(document["on"]) == {"pull_request", "push"}
    for job in document["jobs"].values():
        assert set(job) <= JOB_KEYS
        assert all(set(step) <= STEP_KEYS and ("run" in step) != ("uses" in step) for step in job["steps"])


def test_the_pipeline_has_only_what_gitlab_knows() -> None:
    document = read(GITLAB)
    jobs: dict[str, Any] = {name: job for name, job in document.items() if name != "stages"}

    assert document["stages"] == [job["stage"] for job in jobs.values() if "stage" in job]
    assert all(set(job) <= GITLAB_KEYS for job in jobs.values())
    assert all(job["extends"] in jobs for job in jobs.values() if "extends" in job)


@pytest.mark.parametrize("path", [GITHUB, GITLAB], ids=lambda path: path.stem)
def test_bash_reads_each_script_and_each_command_is_there(path: Path) -> None:
    found = set()
    for script in scripts(path):
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr
        for name, rest in re.findall(r"\bsnakeweb (\w+)((?: [^\s|)]+)*)", script):
            options = {option for parameter in snakeweb.commands[name].params for option in parameter.opts}
            assert set(re.findall(r"--[a-z-]+", rest)) <= options, f"{name} {rest}"
            found.add(name)

    assert found >= {"plan", "validate", "submit", "execute"}

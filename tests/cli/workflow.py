"""The shell lines of the examples for CI, as a runner of each service does them: in order, by bash, each with its
environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.architecture.sources import ROOT
from tests.cli.installation import Stage

GITHUB, GITLAB = ROOT / "examples" / "ci" / "github.yml", ROOT / "examples" / "ci" / "gitlab.yml"
GH = '#!/bin/sh\necho "$@" >> "$RUNNER_TEMP/gh"\n'  # GitHub's own command, which needs GitHub
CURL = '#!/bin/sh\necho "$@" >> "$WRITTEN_TO/curl"\n'  # to GitLab's own API


def read(path: Path) -> dict[str, Any]:
    """YAML 1.2, so that `on` is a word. Raises for a key that is there twice."""
    document: dict[str, Any] = YAML(typ="safe", pure=True).load(path.read_text())
    return document


@dataclass(frozen=True)
class Job:
    """`failed` is the name of the first step that did, '' for none; `status` its exit status."""

    failed: str
    status: int
    said: str
    temp: Path

    def wrote(self, name: str) -> str:
        file = self.temp / name
        return file.read_text() if file.exists() else ""


def on_gitlab(here: Stage, name: str, repository: Path, temp: Path, values: Mapping[str, str], token: str) -> Job:
    """`values` are GitLab's own variables. Without what installs; the lines of a job are one script in the clone."""
    document = read(GITLAB)
    job = document[document[name]["extends"]] | document[name]
    temp.mkdir()
    _own_command(here, "curl", CURL)
    given = {"SNAKEWEB_URL": here.installation.url, "SNAKEWEB_TOKEN": token, "COMMENT_TOKEN": "x"}
    more = {**given, **values, **job["variables"], "WRITTEN_TO": str(temp)}
    status, said = here.tried("\n".join(job["script"]), where=repository, more=more)
    for made in ("files", "comment.md"):
        if (repository / made).exists():
            (repository / made).rename(temp / made)
    return Job(name if status else "", status, said, temp)


def _own_command(here: Stage, name: str, script: str) -> None:
    path = here.directory / "bin" / name
    path.write_text(script)
    path.chmod(0o755)


def run(here: Stage, name: str, repository: Path, temp: Path, values: Mapping[str, str], token: str) -> Job:
    """`values` fills `${{ ... }}`; one that is missing there is a mistake. Steps that install are left out."""
    workflow = read(GITHUB)
    job = workflow["jobs"][name]
    temp.mkdir()
    _own_command(here, "gh", GH)
    known = {**values, "vars.SNAKEWEB_URL": here.installation.url, "secrets.SNAKEWEB_TOKEN": token}
    runner = {
        "RUNNER_TEMP": str(temp), "GITHUB_STEP_SUMMARY": str(temp / "summary"), "GITHUB_SHA": known["github.sha"]
    }  # fmt: skip
    failed, status, said = "", 0, ""
    for step in job["steps"]:
        if "run" not in step or step["name"] == "Install" or (failed and step.get("if") != "always()"):
            continue
        levels = [workflow.get("env", {}), job.get("env", {}), step.get("env", {})]
        surroundings = {key: _filled(value, known) for level in levels for key, value in level.items()}
        assert "${{" not in step["run"], "a value that others write would be code"
        ended, out = here.tried(step["run"], where=repository, more={**runner, **surroundings})
        said += out
        if ended and not failed:
            failed, status = step["name"], ended
    return Job(failed, status, said, temp)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ (\S+) \}\}", lambda found: known[found[1]], text)

import json
from pathlib import Path

import pytest

from migrations_app.handlers.config.analysis import analyse, describe
from migrations_app.handlers.config.outcome import open_configuration
from tests.handlers.config.places import FIRST, Rewrite


@pytest.fixture
def rewrite(tmp_path: Path) -> Rewrite:
    made = Rewrite(tmp_path)
    made.lay()
    return made


def test_what_is_there_and_what_would_become_of_it(rewrite: Rewrite) -> None:
    found = analyse(rewrite.spec)

    assert found.source_state["files"] == ["config.exs", "dev.exs", "prod.exs", "test.exs"]
    assert found.source_state["version"] == "0.8.8"
    assert "grpc_request_timeout_of_ours" in found.source_state["at_run_time"]
    assert found.target_state["version"] == "0.13.0"
    assert found.sizes["files"] == 4
    assert found.fingerprints["target"].keys() == set(found.source_state["files"])
    assert json.loads(json.dumps(found.target_state)) == found.target_state


def test_each_change_stands_beside_its_lines_with_rule_and_reason(rewrite: Rewrite) -> None:
    state = analyse(rewrite.spec).target_state

    listener = next(n for n, hunk in enumerate(state["hunks"]) if hunk["key"] == "grpc_port")
    assert state["hunks"][listener]["reason"]
    assert state["hunks"][listener]["line"] == 7
    shown = [section for section in state["comparison"]["sections"] if listener in section["notes"]]
    assert [section["file"] for section in shown] == ["config.exs"]
    assert any("grpc_port: 50_051" in row[2] for row in shown[0]["rows"])
    automatic = {n for n, hunk in enumerate(state["hunks"]) if hunk["manner"] == "automatic"}
    assert automatic == {n for section in state["comparison"]["sections"] for n in section["notes"]}


def test_warnings_are_said_first_in_words(rewrite: Rewrite) -> None:
    found = analyse(rewrite.spec)

    warned = [hunk for hunk in found.target_state["hunks"] if hunk["manner"] == "warn"]
    assert warned
    assert [f"{hunk['key']}: {hunk['reason']}" for hunk in warned] == list(found.warnings)


def test_a_file_that_is_not_there_is_an_error_of_the_state(rewrite: Rewrite) -> None:
    (rewrite.place / "config.exs").unlink()

    found = analyse(rewrite.spec)

    assert "is not there" in found.target_state["error"]["message"]
    assert found.fingerprints == {}


def test_no_credential_is_shown(rewrite: Rewrite) -> None:
    secret = b'grpc_host: "localhost", api_token: "hunter2",'
    rewrite.lay({"config.exs": FIRST.replace(b'grpc_host: "localhost",', secret)})

    assert "hunter2" not in json.dumps(analyse(rewrite.spec).target_state)


def test_files_describe_themselves(rewrite: Rewrite) -> None:
    said = describe(open_configuration(rewrite.target))

    assert said["settings"] >= 6
    assert said["fits"]
    assert all(each["place"].partition(":")[2].isdecimal() for each in said["evidence"])

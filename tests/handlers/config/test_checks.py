from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.errors import Problem, ValidationFailed
from tests.handlers.config.places import FIRST, Rewrite


@pytest.fixture
def place(tmp_path: Path) -> Path:
    Rewrite(tmp_path).lay()
    return tmp_path


def refused(place: Path, parameters: dict[str, Any], **options: Any) -> list[Problem]:
    with pytest.raises(ValidationFailed) as error:
        Rewrite(place, parameters, options).plan()
    return list(error.value.problems)


def test_where_to_go_has_to_be_said(place: Path) -> None:
    assert [problem.field for problem in refused(place, {"to_version": ""})] == ["parameters.to_version"]


def test_contradictions_of_a_restore_are_said_together(place: Path) -> None:
    fields = [problem.field for problem in refused(place, {"restore": "0" * 64, "local_edits": "keep"})]

    assert fields == ["parameters.to_version", "parameters.local_edits"]


@pytest.mark.parametrize("restore", ["0" * 64, "../../etc", "short"])
def test_a_snapshot_that_is_none_is_said_at_its_field(place: Path, restore: str) -> None:
    (problem,) = refused(place, {"to_version": "", "restore": restore})

    assert (problem.field, problem.code) == ("parameters.restore", "unknown_snapshot")


def test_a_version_that_changes_nothing_is_no_plan(place: Path) -> None:
    Rewrite(place).lay(dict.fromkeys(("config.exs", "dev.exs", "prod.exs", "test.exs"), b"import Config\n"))

    assert [problem.code for problem in refused(place, {})] == ["no_change"]


def test_a_file_that_cannot_be_read_whole_is_not_rewritten(place: Path) -> None:
    Rewrite(place).lay({"config.exs": FIRST.replace(b"  }\n", b"  \n")})

    problems = refused(place, {})

    assert problems
    assert all(problem.message.startswith("config.exs:") for problem in problems)


def test_a_result_that_would_not_start_is_refused_with_every_place(place: Path) -> None:
    wrong = FIRST.replace(b"pool_size: 4,", b'pool_size: "4",')
    Rewrite(place).lay({"config.exs": wrong})

    problems = refused(place, {})

    assert any("would not start at 0.13.0" in problem.message for problem in problems)
    assert Rewrite(place, {}, {"validation_level": "basic"}).plan().plan.steps


def test_a_missing_file_is_a_target_that_cannot_be_looked_at(place: Path) -> None:
    (place / "config.exs").unlink()

    (problem,) = refused(place, {})

    assert (problem.field, problem.code) == ("targets.target", "unreachable")

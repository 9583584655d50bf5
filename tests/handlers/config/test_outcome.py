from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.vocabulary import RunState
from migrations_app.files.errors import FileUnusable
from migrations_app.handlers.config.outcome import contents_of, judged, newest_possible, open_configuration, outcome_of
from migrations_app.handlers.config.snapshots import save
from tests.handlers.config.places import BEFORE, Rewrite


@pytest.fixture
def rewrite(tmp_path: Path) -> Rewrite:
    made = Rewrite(tmp_path)
    made.lay()
    return made


def asked(rewrite: Rewrite, **parameters: str) -> ValidationFailed:
    spec = Rewrite(rewrite.place, parameters, artifacts=rewrite.artifacts).spec
    with pytest.raises(ValidationFailed) as refused:
        outcome_of(rewrite.target, rewrite.contents, spec.parameters, rewrite.artifacts)
    return refused.value


def test_all_files_of_a_configuration_are_read(rewrite: Rewrite) -> None:
    assert contents_of(open_configuration(rewrite.target)) == BEFORE


def test_an_import_that_leads_out_of_the_roots_is_not_read(rewrite: Rewrite, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "prod.exs"
    elsewhere.write_bytes(b"import Config\n")
    (rewrite.place / "prod.exs").unlink()
    (rewrite.place / "prod.exs").symlink_to(elsewhere)

    with pytest.raises(FileUnusable, match="lies outside"):
        open_configuration(rewrite.target)


def test_a_conversion_leaves_what_it_does_not_change(rewrite: Rewrite) -> None:
    outcome = outcome_of(rewrite.target, rewrite.contents, rewrite.spec.parameters, None)

    assert (outcome.origin, outcome.to) == ("0.8.8", "0.13.0")
    assert outcome.changes
    assert outcome.after["dev.exs"] == BEFORE["dev.exs"]


def test_an_ambiguous_version_names_the_candidates_and_the_evidence(rewrite: Rewrite) -> None:
    (problem,) = asked(rewrite, from_version="").problems

    assert (problem.field, problem.code) == ("parameters.from_version", "ambiguous_version")
    assert "0.8.8" in problem.fix
    assert "config.exs:" in problem.message


def test_both_versions_that_are_none_are_said_at_once(rewrite: Rewrite) -> None:
    problems = asked(rewrite, from_version="0.99", to_version="nine").problems

    assert {problem.field for problem in problems} == {"parameters.from_version", "parameters.to_version"}


def test_where_no_rule_leads_back_the_place_is_said(rewrite: Rewrite) -> None:
    pool = b"""import Config
config :snakepit, grpc_listener: %{mode: :external_pool, host: "localhost", base_port: 50_100, pool_size: 4}
"""
    rewrite.lay({"config.exs": pool})

    (problem,) = asked(rewrite, from_version="0.13", to_version="0.9").problems

    assert (problem.field, problem.code) == ("parameters.to_version", "no_way_back")
    assert "config.exs line 2" in problem.message


def test_a_snapshot_is_taken_as_it_is(rewrite: Rewrite) -> None:
    kept = save(rewrite.artifacts, 7, {**BEFORE, "prod.exs": b"import Config\n"})
    spec = Rewrite(rewrite.place, {"from_version": "", "to_version": "", "restore": kept}).spec

    outcome = outcome_of(rewrite.target, rewrite.contents, spec.parameters, rewrite.artifacts)

    assert outcome.after == {**BEFORE, "prod.exs": b"import Config\n"}
    assert outcome.restores == kept


def test_a_snapshot_from_when_the_target_began_at_another_file_is_taken_too(rewrite: Rewrite) -> None:
    kept = save(rewrite.artifacts, 7, {"prod.exs": b"import Config\n"})
    restore = Rewrite(
        rewrite.place, {"from_version": "", "to_version": "", "restore": kept}, artifacts=rewrite.artifacts
    )

    view = restore.begin().finish()

    assert view.state is RunState.SUCCEEDED, view.error
    assert rewrite.contents == {**BEFORE, "prod.exs": b"import Config\n"}


def test_a_file_that_is_not_there_any_more_is_said(rewrite: Rewrite) -> None:
    kept = save(rewrite.artifacts, 7, {**BEFORE, "old.exs": b"import Config\n"})

    (problem,) = asked(rewrite, from_version="", to_version="", restore=kept).problems

    assert (problem.code, "old.exs" in problem.message) == ("file_missing", True)


def test_contents_are_judged_by_a_version() -> None:
    wrong = b'import Config\nconfig :snakepit, pools: [%{name: :a, pool_size: "4"}]\n'

    assert judged("config.exs", {"config.exs": wrong}, "0.13")["error"] == 1
    assert judged("config.exs", {"config.exs": wrong}, "") == {}
    assert newest_possible("config.exs", {"config.exs": b"import Config\n"}) == ""

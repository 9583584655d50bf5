from dataclasses import replace
from pathlib import Path

import pytest

from migrations_app.engine.errors import PlanIsStale
from migrations_app.handlers.config.binding import bound, fingerprint_of, refuse_other
from migrations_app.handlers.config.outcome import Outcome

OUTCOME = Outcome("0.8.9", "0.13.0", {"a.exs": b"1\n2\n3\n", "b.exs": b"\n"}, {"a.exs": b"1\nII\n3\n", "b.exs": b"\n"})


@pytest.mark.parametrize("edits", ["stop", "keep"])
def test_what_was_signed_goes_through(edits: str) -> None:
    refuse_other(bound(OUTCOME, edits), OUTCOME, "shop")


@pytest.mark.parametrize("edits", ["stop", "keep"])
@pytest.mark.parametrize(
    "other",
    [
        replace(OUTCOME, after={**OUTCOME.after, "a.exs": b"1\nIII\n3\n"}),
        replace(OUTCOME, to="0.12.0"),
        replace(OUTCOME, origin="0.8.8"),
        Outcome("0.8.9", "0.13.0", {"a.exs": OUTCOME.before["a.exs"]}, {"a.exs": OUTCOME.after["a.exs"]}),
    ],
    ids=["another result", "another goal", "another origin", "one file less"],
)
def test_anything_else_is_refused_by_name(edits: str, other: Outcome) -> None:
    with pytest.raises(PlanIsStale, match="shop"):
        refuse_other(bound(OUTCOME, edits), other, "shop")


def test_an_edit_elsewhere_is_another_content_and_the_same_changes() -> None:
    edited = replace(
        OUTCOME,
        before={**OUTCOME.before, "b.exs": b"# mine\n"},
        after={**OUTCOME.after, "b.exs": b"# mine\n"},
    )

    refuse_other(bound(OUTCOME, "keep"), edited, "shop")
    assert fingerprint_of(OUTCOME, "keep") == fingerprint_of(edited, "keep")
    with pytest.raises(PlanIsStale, match=r"b\.exs"):
        refuse_other(bound(OUTCOME, "stop"), edited, "shop")
    assert fingerprint_of(OUTCOME, "stop") != fingerprint_of(edited, "stop")


def test_the_fingerprint_names_the_file_that_an_edit_touched() -> None:
    touched = replace(OUTCOME, before={**OUTCOME.before, "a.exs": b"1\ntwo\n3\n"})
    before, now = fingerprint_of(OUTCOME, "keep"), fingerprint_of(touched, "keep")

    assert {key for key in before if before[key] != now[key]} == {"changes in a.exs"}


def test_paths_are_no_part_of_it() -> None:
    assert str(Path.cwd()) not in str(bound(OUTCOME, "stop"))

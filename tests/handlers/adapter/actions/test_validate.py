from migrations_app.engine.vocabulary import RunKind, RunState
from tests.handlers.adapter.places import Shop, finished


def test_a_dry_run_compares_already(proven: Shop) -> None:
    view = finished(proven.begin(kind=RunKind.DRY_RUN))

    assert len(view.results["validate"]["report"]["tools"]) == 2


def test_where_no_proof_is_asked_for_it_says_so(shop: Shop) -> None:
    assert finished(shop.begin()).results["validate"] == {"skipped": "the plan asks for no proof"}


def test_recorded_calls_that_are_gone_stop_the_run(proven: Shop) -> None:
    proven.lay(calls_dot_jsonl=b"")
    proven.parameters = {**proven.parameters, "recorded": "calls.jsonl"}
    run = proven.begin()
    (proven.root / "calls.jsonl").unlink()

    view = finished(run, RunState.ROLLED_BACK)

    assert "is not there" in view.step("validate").error["message"]

import shutil

from migrations_app.engine.vocabulary import RunKind, RunState
from tests.handlers.adapter.places import CODE, Shop, finished


def test_it_says_what_was_found(shop: Shop) -> None:
    found = finished(shop.begin(kind=RunKind.DRY_RUN)).results["analyze"]

    assert (found["adapter"], found["tools"], found["served"]) == ("shop.adapter.Shop", 2, ["area", "root"])


def test_another_project_than_the_signed_one_stops_the_run(shop: Shop) -> None:
    run = shop.begin()
    shop.lay(new_dot_py=b"x = 1\n")

    view = finished(run, RunState.ROLLED_BACK)

    assert view.step("analyze").error["type"] == "plan_is_stale"
    assert (shop.root / "client/room.py").read_bytes() == CODE["client/room.py"]


def test_data_of_the_project_may_change_and_what_names_the_adapter_may_not(shop: Shop) -> None:
    shop.lay(data__state_dot_json=b'{"visits": 1}')
    run = shop.begin()
    shop.lay(data__state_dot_json=b'{"visits": 2}')
    finished(run)

    shop.lay()
    shutil.rmtree(shop.root / "generic_adapter")
    run = shop.begin(run_id=2)
    shop.lay(shop_dot_yaml=b'adapter_args: ["--adapter", "shop.adapter.Shop"]\n')
    assert finished(run, RunState.ROLLED_BACK).step("analyze").error["type"] in ("plan_is_stale", "validation_failed")


def test_a_place_that_was_taken_meanwhile_is_said(shop: Shop) -> None:
    run = shop.begin()
    (shop.root / "generic_adapter").mkdir()
    (shop.root / "generic_adapter/theirs.txt").write_text("theirs")

    view = finished(run, RunState.ROLLED_BACK)

    assert "generic_adapter is there already" in str(view.step("analyze").error)
    assert (shop.root / "generic_adapter/theirs.txt").read_text() == "theirs"

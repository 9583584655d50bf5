import pytest

from migrations_app.engine.vocabulary import RunKind, RunState
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def test_the_result_says_what_was_kept(upgrade: Upgrade) -> None:
    upgrade.parameters = {"surge": 0, "max_unavailable": 1}

    view = upgrade.begin().finish()

    assert view.state is RunState.SUCCEEDED, view.error
    result = view.results["roll"]
    assert (result["recycled"], result["unguarded"], result["cut"], result["minimum"]) == (3, 0, 0, 2)
    assert result["least"] == 2


def test_a_preview_names_the_waves(looked_at: Upgrade) -> None:
    looked_at.parameters = {"surge": 1, "max_unavailable": 1}

    view = looked_at.begin(kind=RunKind.DRY_RUN).finish()

    assert view.results["roll"] == {"waves": [["worker-1", "worker-2"]], "minimum": 1}

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.testing import directory_target, spec_of, target_of
from tests.custom_types import Stamp

TARGET = target_of(TargetKind.SESSION_STORE, {"path": "/srv/sessions"}, number=3, secrets={"password": "p"})


def test_what_is_left_out_takes_its_default():
    spec = spec_of(Stamp(), {"target": TARGET}, parameters={"text": "seen"}, options={"batch_size": 5})

    assert (spec.handler, spec.type) == ("stamp", "custom_migration")
    assert spec.parameters == {"text": "seen", "copies": 2, "ink": "black", "dry": True}
    assert (spec.options["batch_size"], spec.options["auto_rollback"]) == (5, True)


def test_what_the_declarations_refuse_is_refused():
    with pytest.raises(ValidationFailed) as refused:
        spec_of(Stamp(), {"target": TARGET}, parameters={"copies": 99}, options={"warp": 1})

    fields = {problem.field for problem in refused.value.problems}
    assert fields == {"parameters.text", "parameters.copies", "options.warp"}


def test_targets_are_as_a_worker_gets_them(tmp_path):
    place = directory_target(tmp_path, number=2)

    assert (TARGET.id, TARGET.name, TARGET.secrets) == (3, "target-3", {"password": "p"})
    assert (place.id, place.name, place.kind, place.config) == (
        2,
        tmp_path.name,
        "adapter_project",
        {"path": str(tmp_path)},
    )

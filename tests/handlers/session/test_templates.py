"""Sample plans: values that their own declarations accept, and plans that really run."""

import pytest

from migrations_app.engine import options as engine_options
from migrations_app.engine.parameters import parse
from migrations_app.engine.vocabulary import RunState
from migrations_app.handlers import registry
from migrations_app.handlers.session.parameters import PARAMETERS
from migrations_app.handlers.session.templates import SNAPSHOT_MOVE, STANDARD_MOVE, TEMPLATES, ZERO_DOWNTIME_MOVE
from migrations_app.runtime.settings import MigrationSettings
from tests.handlers.session.moves import Move, content, fill, place, sessions


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_its_values_fit_the_declarations_and_the_floor(template):
    parameters, problems = parse(PARAMETERS, template.parameters, path="parameters")
    options, more = engine_options.effective(template.options, MigrationSettings().floor())

    assert [*problems, *more] == []
    for name, value in template.parameters.items():
        assert parameters[name] == value
        assert next(field for field in PARAMETERS if field.name == name).default != value, "says what is so anyway"
    for name, value in template.options.items():
        assert options[name] == value != engine_options.defaults()[name]
    assert options["validation_level"] != "strict", "nothing can rehearse yet, so it could not be planned"


def test_each_handler_offers_a_template_and_no_name_twice():
    for handler in registry.all_handlers().values():
        names = [template.name for template in handler.templates]
        assert names, handler.name
        assert len(names) == len(set(names))


def test_their_mode_is_what_they_say():
    assert ZERO_DOWNTIME_MOVE.options["zero_downtime"] is True
    assert not any(t.options.get("zero_downtime") for t in (STANDARD_MOVE, SNAPSHOT_MOVE))


def test_the_snapshot_move_puts_every_session_into_the_file(tmp_path, sqlite_place):
    file = place({"store": "snapshot", "path": str(tmp_path / "sessions.ndjson")})
    move = Move(sqlite_place(), file, parameters=dict(SNAPSHOT_MOVE.parameters), options=dict(SNAPSHOT_MOVE.options))
    fill(move.source, sessions(30))
    move.deploy()

    run = move.run()

    assert run.state is RunState.SUCCEEDED, run.error
    assert content(move.target) == content(move.source)

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers import registry


def test_the_session_handler_is_built_in():
    assert "session" in registry.built_in()
    assert registry.get("session").label == "Session migration"


def test_each_handler_is_registered_under_its_own_name():
    assert all(name == handler.name for name, handler in registry.all_handlers().items())


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValidationFailed) as refused:
        registry.get("sesion")

    (problem,) = refused.value.problems
    assert problem.field == "spec.handler"
    assert "session" in problem.fix

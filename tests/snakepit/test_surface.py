import pytest

from migrations_app.snakepit import surface
from migrations_app.snakepit.surface import Language
from migrations_app.snakepit.versions import Version, releases

ELIXIR, PYTHON = Language.ELIXIR, Language.PYTHON


@pytest.mark.parametrize(
    ("language", "module", "version", "there"),
    [
        (ELIXIR, "Snakepit.SessionHelpers", "0.7.1", True),
        (ELIXIR, "Snakepit.SessionHelpers", "0.7.2", False),
        (ELIXIR, "Snakepit.Compatibility", "0.7.2", False),
        (ELIXIR, "Snakepit.Compatibility", "0.7.4", True),
        (ELIXIR, "Snakepit.Adapters.GenericPythonV2", "0.3.1", True),
        (ELIXIR, "Snakepit.Adapters.GenericPythonV2", "0.4.0", False),
        (ELIXIR, "Snakepit.Error", "0.13.0", True),
        (ELIXIR, "Acme.Pool", "0.13.0", False),
        (PYTHON, "snakepit_bridge.adapters.enhanced", "0.4.0", True),
        (PYTHON, "snakepit_bridge.adapters.enhanced", "0.4.2", False),
        (PYTHON, "snakepit_bridge.base_adapter", "0.13.0", True),
    ],
)
def test_a_module_is_there_in_the_releases_that_have_it(language, module, version, there):
    assert surface.has_module(language, module, Version(version)) is there


@pytest.mark.parametrize(
    ("module", "name", "origin", "to", "lost"),
    [
        ("Snakepit.RetryPolicy", "exponential_backoff/2", "0.8.2", "0.8.3", True),
        ("Snakepit.RetryPolicy", "exponential_backoff/2", "0.8.3", "0.13.0", False),
        ("Snakepit.RetryPolicy", "exponential_backoff/2", "0.8.0", "0.8.2", False),
        ("Snakepit", "cleanup/0", "0.13.0", "0.7.5", True),
        ("Snakepit", "execute/3", "0.13.0", "0.3.0", False),
        ("Acme", "execute/3", "0.13.0", "0.3.0", False),
    ],
)
def test_a_function_is_lost_when_the_module_stays_without_it(module, name, origin, to, lost):
    assert surface.lost_name(ELIXIR, module, name, origin=Version(origin), to=Version(to)) is lost


def test_what_sessions_offered_to_python_until_the_variables_went():
    lost = surface.names_lost(PYTHON, "snakepit_bridge.session_context", origin=Version("0.4.3"), to=Version("0.5.0"))

    assert {"SessionContext.get_variable", "SessionContext.update_variables"} <= lost
    assert "SessionContext.call_elixir_tool" not in lost


def test_the_releases_of_a_name_are_told_in_words():
    assert surface.releases_of(ELIXIR, "Snakepit.SessionHelpers") == "0.3.0 to 0.7.1"
    assert surface.releases_of(ELIXIR, "Snakepit.PythonVersion") == "0.6.0 to 0.7.1, and from 0.7.4 on"
    assert surface.releases_of(ELIXIR, "Snakepit", "cleanup/0") == "from 0.7.6 on"
    assert surface.releases_of(ELIXIR, "Snakepit", "fly/0") == ""
    assert surface.releases_of(ELIXIR, "Acme") == ""


@pytest.mark.parametrize("version", releases(), ids=str)
def test_every_release_has_its_main_module(version):
    assert surface.is_known(ELIXIR, "Snakepit")
    assert surface.has_module(ELIXIR, "Snakepit", version)

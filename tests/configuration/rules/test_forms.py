import pytest

from migrations_app.configuration.rules.forms import braces
from migrations_app.configuration.rules.ground import Ground
from migrations_app.snakepit.versions import Version
from tests.configuration.rules.one_rule import applied, said, walked
from tests.configuration.sources import elixir, files


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("session_store: [max_sessions: 5]", "session_store: %{max_sessions: 5}"),
        ("session_store: [\n  # most\n  max_sessions: 5\n]", "session_store: %{\n  # most\n  max_sessions: 5\n}"),
        ("session_store: %{max_sessions: 5}", "session_store: %{max_sessions: 5}"),
    ],
)
def test_a_keyword_list_that_crashes_becomes_a_map(before, after):
    assert applied("map-of-session_store", before, origin="0.8.0") == after


def test_one_without_brackets_gets_both():
    bare = files({"config.exs": "import Config\nconfig :snakepit, :pool_config,\n  pool_size: 5,\n  max_workers: 9\n"})

    walk = walked("map-of-pool_config", bare, "0.8.0", "0.8.1")

    assert walk.content["config.exs"] == (
        b"import Config\nconfig :snakepit, :pool_config,\n  %{pool_size: 5,\n  max_workers: 9}\n"
    )


def test_tuples_and_several_places_are_left_to_a_person():
    tuples = "session_store: [{:max_sessions, 5}]"
    table = elixir(tuples).settings[0].value

    assert braces(Ground(elixir(tuples), Version("0.8.0"), Version("0.8.1")), table) == ()
    assert said("map-of-session_store", tuples) == [("manual", "session_store", 3)]

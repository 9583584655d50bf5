import pytest

from migrations_app.configuration.detection import detect
from migrations_app.configuration.origin import Ambiguous, origin_of
from migrations_app.snakepit.versions import Version
from tests.configuration.sources import elixir


def origin(keys: str, to: str = "0.13.0") -> str:
    configuration = elixir(keys)
    return str(origin_of(configuration, detect(configuration), Version(to)))


def test_the_only_release_that_fits_and_the_oldest_where_it_makes_no_difference():
    assert origin("adapter_module: Snakepit.Adapters.GRPCBridge") == "0.4.0"
    assert origin("log_level: :info") == "0.6.1"


def test_where_it_makes_a_difference_nobody_guesses():
    with pytest.raises(Ambiguous, match=r"fits Snakepit 0\.3\.0 to 0\.13\.0.* lead to different results"):
        origin("pooling_enabled: true")


def test_where_no_release_that_fits_has_a_way_the_oldest_says_so():
    assert origin("affinity: :strict_queue", to="0.9.1") == "0.10.0"

import pytest

from tests.configuration.reading_of import reading
from tests.configuration.rules.one_rule import walked

ONE = '[snakepit]\ngrpc_port = 5\n\n[snakepit.pool_config] # ours\nname = ":default"\npool_size = 2\n'
LISTED = ONE.replace("[snakepit.pool_config]", "[[snakepit.pools]]")


def applied(text: str, origin: str, to: str) -> str:
    configuration = reading(text, name="snakepit.toml")
    return walked("list-the-pool", configuration, origin, to).content["snakepit.toml"].decode()


def test_a_table_of_its_own_becomes_the_only_one_of_an_array_and_back():
    assert applied(ONE, "0.12.0", "0.13.0") == LISTED
    assert applied(LISTED, "0.13.0", "0.12.0") == ONE


@pytest.mark.parametrize(
    "text", [f"{ONE}\n[snakepit.pool_config.heartbeat]\nenabled = false\n", "[snakepit]\npool_config.pool_size = 2\n"]
)
def test_what_has_tables_under_it_stays_as_it_is(text):
    assert applied(text, "0.12.0", "0.13.0") == text
    assert walked("name-the-pool", reading(text, name="snakepit.toml"), "0.12.0", "0.13.0").hunks == []


def test_inline_tables_need_no_header():
    inline = '[snakepit]\npool_config = { name = ":default", pool_size = 2 }\n'

    assert applied(inline, "0.12.0", "0.13.0") == '[snakepit]\npools = [{ name = ":default", pool_size = 2 }]\n'

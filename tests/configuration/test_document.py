from migrations_app.configuration.document import CallForm, Configuration, Setting
from migrations_app.configuration.values import Literal, Span

HERE = Span("config.exs", 0, 0, 1, 1)


def test_every_place_of_a_key_in_the_order_in_which_they_take_effect():
    settings = tuple(
        Setting(key, Literal(value, HERE), CallForm.KEYS, HERE, HERE, HERE)
        for key, value in (("pool_size", 1), ("log_level", 2), ("pool_size", 3))
    )

    assert Configuration({}, settings).of("pool_size") == (settings[0], settings[2])

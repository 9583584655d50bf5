"""What is lent are the client's own scripts, under digests that the server knows them by."""

from contextlib import closing

import pytest
import redis

from migrations_app.stores.routed.redis import client_scripts as scripts
from migrations_app.stores.routed.redis.lending import settings_of, why_not_lent

CONFIG = {"store": "redis", "host": "h", "codec": "etf", "db": 3, "username": "u", "tls": True}


def test_the_settings_hold_the_address_the_login_and_the_clients_scripts(empty_redis):
    lent = settings_of(CONFIG, {"password": "p"})

    assert (lent["host"], lent["port"], lent["db"], lent["tls"]) == ("h", 6379, 3, True)
    assert (lent["username"], lent["password"], lent["prefix"]) == ("u", "p", "session:")
    assert lent["write"][1] == scripts.WRITE["string"].text
    with closing(redis.Redis(port=empty_redis.port)) as client:
        for name in ("write", "touch", "delete", "sweep", "way"):
            digest, text = lent[name]
            assert client.script_load(text.decode()) == digest.decode()


@pytest.mark.parametrize(
    ("changes", "why"),
    [({}, ""), ({"layout": "hash"}, "hashes"), ({"codec": "json"}, "codec json"), ({"db": 0}, "")],
)
def test_only_strings_of_terms_are_lent(changes, why):
    said = why_not_lent({**CONFIG, **changes})

    assert bool(said) == bool(why)
    assert why in said

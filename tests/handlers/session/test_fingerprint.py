import pytest

from migrations_app.handlers.session.fingerprint import fingerprint, key_of


def test_twelve_hex_digits_that_depend_on_the_key():
    one, other = fingerprint("abc", b"k1"), fingerprint("abc", b"k2")

    assert len(one) == 12
    assert int(one, 16) >= 0
    assert one != other
    assert one == fingerprint("abc", b"k1")


def test_without_a_key_nothing_is_named():
    with pytest.raises(KeyError):
        key_of({})

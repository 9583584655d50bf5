from datetime import UTC, datetime

import pytest

from migrations_app.engine.webhooks import MOST_TRIES, WAITS, headers, new_secret, rest_seconds, signature, wait_seconds

# The example that the specification's authors publish with it.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_specification_s_own_example_comes_out() -> None:
    assert signature(MESSAGE, 1614265330, BODY, SECRET) == SIGNATURE


def test_both_secrets_sign_while_they_are_exchanged() -> None:
    other = new_secret()
    at = datetime.fromtimestamp(1614265330, UTC)
    made = headers(MESSAGE, at, BODY, [other, SECRET])

    assert made["webhook-id"] == MESSAGE
    assert made["webhook-timestamp"] == "1614265330"
    assert made["webhook-signature"] == f"{signature(MESSAGE, 1614265330, BODY, other)} {SIGNATURE}"


@pytest.mark.parametrize("secret", ["whsec_", "whsec_$$$$", "whsec_c2hvcnQ=", ""])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="secret of a webhook"):
        signature(MESSAGE, 1614265330, BODY, secret)


def test_waits_grow_are_spread_and_end() -> None:
    for tries, seconds in enumerate(WAITS, 1):
        assert wait_seconds(tries, 0.0) == pytest.approx(seconds * 0.8)
        assert wait_seconds(tries, 0.5) == pytest.approx(seconds)
    assert wait_seconds(MOST_TRIES, 0.5) is None
    assert sorted(WAITS) == list(WAITS)
    assert sum(WAITS) > 1.5 * 86_400


def test_a_dead_receiver_is_left_alone_for_longer_up_to_five_minutes() -> None:
    assert [rest_seconds(failures) for failures in (1, 2, 3, 7, 100)] == [5, 10, 20, 300, 300]

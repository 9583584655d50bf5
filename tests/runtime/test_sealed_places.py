from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import LazySettings

from migrations_app.models import ApiToken, StoredSecret
from migrations_app.runtime import secrets, webhooks
from migrations_app.runtime.composition import artifacts
from migrations_app.runtime.sealed_places import CLEAR, PLACES, Holding, holdings
from migrations_app.runtime.secrets import SecretUnreadable, key_id, seal, secret_context, unseal
from tests.runs import AT, environment, person, target

OLD, NEW, LOST = "an older key", "the current key", "a key that is gone"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keys(settings: LazySettings, tmp_path: Path) -> LazySettings:
    settings.SNAKEWEB_SECRET_KEYS = (OLD,)
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/artifacts"
    return settings


def stored_secret(name: str, clear: str) -> StoredSecret:
    sealed = seal(clear, context=secret_context(environment().pk, name))
    return StoredSecret.objects.create(
        environment=environment(),
        name=name,
        key_id=sealed.key_id,
        sealed=sealed.data,
        wrapped=sealed.wrapped,
        created_at=AT,
        changed_at=AT,
    )


def one_of_each() -> None:
    """A credential, a stored secret, a second factor, a token and an artifact, under the first key."""
    secrets.store(target_id=target("sessions").pk, name="password", clear="one", at=AT)
    stored_secret("smtp", "two")
    webhooks.keep_secret("webhook:7", "address", "https://receiver.example/?key=five", at=AT)
    factor = {"secret": secrets.seal_factor("three")}
    Authenticator.objects.create(user=person(), type=Authenticator.Type.TOTP, data=factor)
    ApiToken.objects.create(
        person=person(), name="t", prefix="swk_0", hash="0", key_id=key_id(secrets.keys()[0]), created_at=AT
    )
    with artifacts().create("run/1/backup") as sink:
        sink.write(b"four")


def test_each_key_is_said_to_hold_what_it_holds(keys: LazySettings) -> None:
    one_of_each()
    Authenticator.objects.create(user=person("ada"), type=Authenticator.Type.TOTP, data={"secret": "IN THE CLEAR"})
    everything = dict.fromkeys(
        (
            "target credentials",
            "stored secrets",
            "receivers of outgoing calls",
            "second factors",
            "API tokens",
            "artifacts",
        ),
        1,
    )
    clear = Holding(CLEAR, 0, {"second factors": 1})

    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)
    assert holdings() == [Holding(key_id(NEW), 1, {}), Holding(key_id(OLD), 2, everything), clear]

    keys.SNAKEWEB_SECRET_KEYS = (NEW,)
    assert holdings()[1] == Holding(key_id(OLD), 0, everything)


def test_each_place_goes_over_to_the_first_key_and_is_said_to_have(keys: LazySettings) -> None:
    one_of_each()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    for place in PLACES:
        row = place.rows().get()
        assert place.rewrap(row)
        row = place.rows().get()
        assert place.key_of(row) == key_id(NEW)
        assert not place.rewrap(row)

    keys.SNAKEWEB_SECRET_KEYS = (NEW,)
    row = StoredSecret.objects.get()
    assert unseal(secrets.sealed_in(row), context=secret_context(row.environment_id, row.name)) == "two"
    assert secrets.unseal_factor(Authenticator.objects.get().data["secret"]) == "three"
    assert webhooks.secrets_of("webhook:7") == {"address": "https://receiver.example/?key=five"}
    assert list(secrets.reveal_all(target_id=PLACES[0].rows().get().target_id).values()) == ["one"]


def test_what_no_listed_key_opens_is_refused_and_has_a_name_for_people(keys: LazySettings) -> None:
    one_of_each()
    keys.SNAKEWEB_SECRET_KEYS = (LOST,)

    for place in PLACES:
        before = place.rows().values().get()
        with pytest.raises(SecretUnreadable, match=key_id(OLD)):
            place.rewrap(place.rows().get())
        assert place.rows().values().get() == before
    assert [place.label(place.rows().get()) for place in PLACES] == [
        "password of target sessions in dev",
        "secret smtp of dev",
        "address of webhook:7",
        "TOTP Authenticator of olga",
    ]

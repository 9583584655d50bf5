"""Accounts and roles of whoever the provider vouches for (`tests/web/test_single_sign_on.py` has the whole way)."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from pytest_django import Settings

from migrations_app.models import ExternalIdentity, Person, RoleGrant
from migrations_app.runtime.identity import Identity
from migrations_app.runtime.sign_on_groups import LONGEST, PREFIX
from migrations_app.selectors.access import has_second_factor
from migrations_app.services import single_sign_on
from migrations_app.services.actor import ANONYMOUS
from migrations_app.services.errors import PermissionDenied
from tests.cast import NOW, Cast
from tests.parallel import at_once, exceptions

NORA = Identity("https://id.example", "1", "nora@example.org", True, "nora", "Nora", frozenset({"sre"}), False)


@pytest.fixture(autouse=True)
def table(settings: Settings) -> None:
    settings.SNAKEWEB_SIGN_ON_ROLES = {"sre": ["operator@staging"]}


def sign_on(identity: Identity) -> Person:
    return Person.objects.get(pk=single_sign_on.sign_on(actor=ANONYMOUS, now=NOW, identity=identity))


@pytest.mark.django_db
def test_a_user_name_that_is_taken_gets_a_number(cast: Cast) -> None:
    names = [
        sign_on(replace(NORA, subject=str(n), email=f"{n}@example.org", username=username)).username
        for n, username in enumerate(("Viewer", "viewer", "not a name!", "", "<>", "\u0430dmin", "Snakeweb"))
    ]
    assert names == ["Viewer-2", "viewer-3", "notaname", "3", "person", "dmin", "Snakeweb-2"]


@pytest.mark.django_db
def test_a_group_carries_what_the_table_says_whatever_was_added_by_hand(cast: Cast) -> None:
    nora = sign_on(NORA)
    group = Group.objects.get(name=f"{PREFIX}sre")
    RoleGrant.objects.create(group=group, role="admin", granted_at=NOW)
    by_hand = Group.objects.create(name="by hand")
    nora.groups.add(by_hand)

    sign_on(NORA)

    assert [(g.role, g.environment) for g in RoleGrant.objects.filter(group=group)] == [
        ("operator", cast.environments["staging"])
    ]
    assert set(nora.groups.all()) == {group, by_hand}
    assert single_sign_on.same_person(person_id=nora.pk, identity=NORA)
    assert not single_sign_on.same_person(person_id=nora.pk, identity=replace(NORA, issuer="https://other.example"))


@pytest.mark.django_db
def test_long_names_that_begin_alike_are_two_groups_and_keep_their_grants(cast: Cast, settings: Settings) -> None:
    first, second = (f"{'g' * (LONGEST - 1)}{last}" for last in "12")
    settings.SNAKEWEB_SIGN_ON_ROLES = {first: ["operator@staging"], second: ["admin"]}
    nora = sign_on(replace(NORA, groups=frozenset({first})))
    assert [group.name for group in nora.groups.all()] == [f"{PREFIX}{first}"]
    kept = list(RoleGrant.objects.filter(group__isnull=False).order_by("pk"))
    sign_on(replace(NORA, groups=frozenset({first})))
    assert list(RoleGrant.objects.filter(group__isnull=False).order_by("pk")) == kept
    assert Group._meta.get_field("name").max_length == len(f"{PREFIX}{first}")


@pytest.mark.django_db
def test_the_same_subject_of_another_issuer_is_somebody_else(cast: Cast) -> None:
    sign_on(NORA)
    other = replace(NORA, issuer="https://other.example", email="other@example.org", groups=frozenset())
    with pytest.raises(PermissionDenied):
        sign_on(other)


@pytest.mark.django_db
def test_the_newest_sign_in_says_whether_there_was_a_second_factor_at_whichever_provider(cast: Cast) -> None:
    before = sign_on(replace(NORA, second_factor=True))
    assert has_second_factor(before)
    nora = sign_on(replace(NORA, issuer="https://next.example"))  # linked by the address that both verified
    assert nora == before
    assert not has_second_factor(nora)


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_semantics
def test_twice_at_once_is_one_account(cast: Cast) -> None:
    outcomes = at_once(*[lambda: sign_on(NORA)] * 3)
    assert Person.objects.filter(email="nora@example.org").count() == 1
    assert ExternalIdentity.objects.count() == 1
    assert len({outcome.pk for outcome in outcomes if isinstance(outcome, Person)}) == 1
    assert exceptions(outcomes) == []

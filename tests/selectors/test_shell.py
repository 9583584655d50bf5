import pytest

from migrations_app.models import Person
from migrations_app.selectors.shell import shell
from migrations_app.services.actor import ANONYMOUS
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


def test_what_the_frame_offers_to_whom(operator, admin, auditor, viewer, outsider):
    seen = shell(actor=operator)
    assert (seen.name, seen.email, seen.roles) == (
        "operator",
        "operator@example.org",
        ("operator in every environment",),
    )
    assert (seen.can_author, seen.can_manage_targets, seen.can_read_audit) == (True, False, False)
    assert shell(actor=admin).can_manage_people
    assert shell(actor=auditor).can_read_audit
    assert shell(actor=viewer).sees_something
    assert not shell(actor=outsider).sees_something


def test_superusers_and_strangers(cast, now):
    assert shell(actor=actor_of(Person.objects.create_superuser("boss"), now)).roles == ("superuser",)
    assert shell(actor=ANONYMOUS).name == "anonymous"

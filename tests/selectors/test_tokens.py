import pytest

from migrations_app.selectors.tokens import list_tokens
from migrations_app.services import tokens
from migrations_app.services.actor import ANONYMOUS

pytestmark = pytest.mark.django_db


def test_ones_own_without_the_token_itself(operator, approver, now):
    made = tokens.create(actor=operator, now=now, name="CI", scopes=["read"])

    (row,) = list_tokens(actor=operator)

    assert (row.name, row.scopes, row.revoked_at) == ("CI", ("read",), None)
    assert made.clear not in repr(row)
    assert list_tokens(actor=approver) == list_tokens(actor=ANONYMOUS) == ()

"""No 5xx and no status that the OpenAPI document does not name, with a token of everybody's roles and with none.

More than the gate asks: `SNAKEWEB_EXAMPLES=200 pytest tests/doors/test_fuzzed_api.py`.
"""

import os
from collections.abc import Iterator

import pytest
from django.utils import timezone

from migrations_app.engine.vocabulary import Role
from migrations_app.models import RoleGrant
from migrations_app.services import tokens
from migrations_app.services.permissions import Scope
from tests.cast import NOW, actor_of
from tests.doors.fuzzing import connection_kept, found_in, operations
from tests.doors.scene import EVERYWHERE, Scene

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("SNAKEWEB_EXAMPLES", "2"))


@pytest.fixture
def connection() -> Iterator[None]:
    with connection_kept():
        yield


@pytest.fixture
def bearer(there: Scene) -> str:
    person = there.people["admin", EVERYWHERE]
    for role in (Role.OPERATOR, Role.APPROVER, Role.AUDITOR):
        RoleGrant.objects.create(person=person, role=role, granted_at=NOW)
    actor = actor_of(person, NOW)
    made = tokens.create(actor=actor, now=timezone.now(), name="all", scopes=[scope.value for scope in Scope])
    return f"Bearer {made.clear}"


@pytest.mark.parametrize("known", [True, False])
def test_what_comes_back_is_as_described(there: Scene, connection: None, bearer: str, known: bool) -> None:
    headers = {"Authorization": bearer} if known else {}
    wrong = [said for one in operations() for said in found_in(one, there, headers, EXAMPLES if known else 1)]
    assert "\n".join(wrong) == ""

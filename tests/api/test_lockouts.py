import pytest

from migrations_app.runtime.clock import SystemClock
from migrations_app.selectors.lockouts import TRIES_HERE
from migrations_app.services import lockouts
from tests.api.door import program
from tests.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def test_locks_are_listed_and_lifted(cast: Cast) -> None:
    who = lockouts.trying(login="viewer", address="192.0.2.1")
    for _ in range(TRIES_HERE):
        lockouts.take(who, now=SystemClock().now())
    admin, operator = program(cast.actors["admin"]), program(cast.actors["operator"])

    (item,) = admin.get("/lockouts").body["items"]
    assert (item["username"], item["address"]) == ("viewer", "192.0.2.1")
    assert operator.delete(f"/lockouts/{item['id']}").status == 403
    assert admin.delete(f"/lockouts/{item['id']}").status == 204
    assert admin.get("/lockouts").body["items"] == []

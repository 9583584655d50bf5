from migrations_app.engine.errors import LeaseLost, Timeout, ValidationFailed
from migrations_app.stores.tables.refusals import Interfered, MarkMoved, Refused


def test_whoever_does_not_know_them_takes_them_for_what_they_are():
    refused = Refused("It is too long.", 7)

    assert isinstance(refused, ValidationFailed)
    assert (refused.reason, refused.row, refused.message) == ("It is too long.", 7, "It is too long.")
    assert isinstance(Interfered("a deadlock"), Timeout)
    assert isinstance(MarkMoved("run:7"), LeaseLost)

from dataclasses import replace

import pytest

from migrations_app.models import Route
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.routes import route, route_clients
from migrations_app.services import routes

pytestmark = pytest.mark.django_db


@pytest.fixture
def sessions(staging, now):
    return Route.objects.create(
        environment=staging,
        name="sessions",
        epoch=2,
        phase="single_b",
        authority="b",
        stores={"b": "new", "a": "old"},
        changed_at=now,
    )


def test_a_route_and_who_follows_it(sessions, viewer, operator, now):
    routes.renew_lease(actor=operator, now=now, name="sessions", client_id="web-1", boot_id="b", acked_epoch=1)

    view = route(actor=viewer, name="sessions")

    assert (view.epoch, view.record.phase, view.record.stores) == (2, "single_b", {"a": "old", "b": "new"})
    assert [(c.client_id, c.acked_epoch) for c in route_clients(actor=viewer, name="sessions")] == [("web-1", 1)]


def test_a_token_of_the_route_scope_reads_it(sessions, operator):
    token = replace(operator, token_id=1, scopes=frozenset({"route"}))

    assert route(actor=token, name="sessions").record.authority == "b"


def test_hidden_and_unknown_ones_are_not_found(sessions, outsider, viewer):
    for actor, name in ((outsider, "sessions"), (viewer, "other"), (viewer, "\x00")):
        with pytest.raises(NotFound):
            route(actor=actor, name=name)

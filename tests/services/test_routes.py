from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Route, RouteLease, RouteSample, Target
from migrations_app.services import routes
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied

pytestmark = pytest.mark.django_db


@pytest.fixture
def route(staging, now):
    return Route.objects.create(
        environment=staging,
        name="sessions",
        epoch=5,
        phase="plain_a",
        authority="a",
        stores={"a": "sessions-redis"},
        changed_at=now,
    )


def renew(actor, now, **given):
    values = {"name": "sessions", "client_id": "web-1", "boot_id": "boot-1", "acked_epoch": 5, **given}
    return routes.renew_lease(actor=actor, now=now, **values)


def test_a_client_renews_and_hears_the_route(operator, route, now):
    view = renew(operator, now, acked_epoch=4, counters={"reads": 10})
    renew(operator, now + timedelta(seconds=3))

    assert (view.epoch, view.record.authority, view.record.stores) == (5, "a", {"a": "sessions-redis"})
    lease = RouteLease.objects.get()
    assert (lease.acked_epoch, lease.expires_at) == (5, now + timedelta(seconds=13))


def test_the_same_boot_never_goes_back_and_a_new_one_may(operator, route, now):
    renew(operator, now)

    with pytest.raises(Conflict, match="cannot go back"):
        renew(operator, now, acked_epoch=4)
    renew(operator, now, acked_epoch=4, boot_id="boot-2")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"client_id": ""}, "client_id"),
        ({"boot_id": "x" * 81}, "boot_id"),
        ({"acked_epoch": 6}, "acked_epoch"),
        ({"acked_epoch": -1}, "acked_epoch"),
        ({"counters": {"reads": -1}}, "counters.reads"),
        ({"counters": []}, "counters"),
        ({"max_acked_seq": "x"}, "max_acked_seq"),
    ],
)
def test_bad_input_is_refused_by_field(operator, route, now, given, field):
    if given == {"counters": []}:
        given = {"counters": [1]}

    with pytest.raises(InvalidInput) as refused:
        renew(operator, now, **given)

    assert field in [problem.field for problem in refused.value.problems]
    assert not RouteLease.objects.exists()


def test_unknown_routes_and_roles_are_refused(operator, viewer, outsider, route, now):
    for name in ("other", "\x00"):
        with pytest.raises(NotFound):
            renew(operator, now, name=name)
    with pytest.raises(PermissionDenied):
        renew(viewer, now)
    with pytest.raises(NotFound):
        renew(outsider, now)


def test_two_renewals_of_one_boot_say_how_busy_a_client_is(operator, route, now):
    def pace(seconds, operations, **given):
        renew(operator, now + timedelta(seconds=seconds), counters={"operations": operations}, **given)
        return RouteLease.objects.get().counters.get("operations_a_second")

    assert pace(0, 100) is None
    assert pace(4, 1_300) == 300
    assert pace(8, 1_300) == 0
    assert pace(12, 50, boot_id="boot-2") is None  # it counts from the start again


def test_a_lease_is_forgotten_a_day_after_its_end(operator, route, now):
    renew(operator, now, client_id="gone")
    renew(operator, now + timedelta(seconds=1), client_id="silent")
    renew(operator, now + timedelta(days=1), client_id="live")
    a_day_after_the_first_ended = now + routes.LEASE + timedelta(days=1)

    assert routes.forget_silent(now=a_day_after_the_first_ended) == 0
    assert routes.forget_silent(now=a_day_after_the_first_ended + timedelta(milliseconds=1)) == 1
    assert sorted(RouteLease.objects.values_list("client_id", flat=True)) == ["live", "silent"]


def test_an_admin_opens_a_route_at_the_target_that_serves(admin, operator, stage, now):
    target = stage.source_id
    view = routes.open_route(actor=admin, now=now, target_id=target, name="web")

    assert (view.epoch, view.record.phase, view.record.stores) == (
        1,
        "plain_a",
        {"a": Target.objects.get(pk=target).name},
    )
    assert AuditEntry.objects.filter(action="route.open").exists()
    with pytest.raises(Conflict, match="already"):
        routes.open_route(actor=admin, now=now, target_id=target, name="web")
    with pytest.raises(PermissionDenied):
        routes.open_route(actor=operator, now=now, target_id=target, name="another")


def test_what_routing_adds_to_requests_is_kept_over_time(operator, route, now):
    renew(operator, now, counters={"operations": 0, "p99_us": 0})
    assert not RouteSample.objects.exists()
    for client, p99 in (("web-1", 210), ("web-2", 90)):
        renew(operator, now, client_id=client, counters={"operations": 5, "p99_us": p99})
    assert list(RouteSample.objects.values_list("series", "value")) == [("added_us", 210)]

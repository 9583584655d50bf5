"""What Django's own session tests ask of a backend, and what a route adds. On stores in memory and on real ones."""

import datetime

import pytest
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from migrations_app.contrib.django_routers import routers
from migrations_app.contrib.django_sessions import SessionStore
from migrations_app.engine.vocabulary import RoutePhase
from tests.contrib.routers import PATH, WORLD
from tests.routing.routed_world import RoutedWorld

ENGINE = "migrations_app.contrib.django_sessions"


@pytest.fixture
def world():
    world = RoutedWorld()
    now = int(timezone.now().timestamp() * 1000)
    for place in world.places.values():
        place.now_ms = now
    WORLD.append(world)
    with override_settings(SNAKEWEB_SESSIONS=PATH, SESSION_ENGINE=ENGINE):
        yield world
        routers.forget()
    WORLD.pop()


@pytest.fixture(params=["plain", "guarded", "on the other side"])
def phase(request, world):
    if request.param != "plain":
        world.join()
    if request.param == "on the other side":
        world.switch()
    return request.param


@pytest.fixture
def session(phase):
    return SessionStore()


def held(world):
    return {**world.places["a"].rows, **world.places["b"].rows}


def test_a_new_session_is_empty_and_untouched(session):
    assert (session.modified, session.accessed) == (False, False)
    assert session.get("cat") is None
    assert session.accessed
    assert not session.modified


def test_what_is_saved_is_loaded(session):
    session["cat"] = "dog"
    session.save()

    again = SessionStore(session.session_key)
    assert again["cat"] == "dog"
    assert again.exists(session.session_key)
    assert again.get_expiry_age() == 1209600


def test_saving_twice_replaces(session):
    session["cat"] = 1
    session.save()
    session["cat"] = 2
    session.save()

    assert SessionStore(session.session_key)["cat"] == 2


def test_a_key_that_is_unknown_is_given_up(session, world):
    other = SessionStore("1" * 32)
    assert other.get("cat") is None
    assert other.session_key is None
    other["cat"] = 1
    other.save()

    assert other.session_key != "1" * 32
    assert list(held(world)) == [other.session_key]


@pytest.mark.parametrize("key", ["", "with\0nul-in-it", "x" * 500, "line\nbreak-in-it"])
def test_a_key_that_no_session_has_is_never_asked_for(world, key):
    assert SessionStore(key).get("cat") is None
    assert not SessionStore().exists(key)
    SessionStore(key).delete()
    SessionStore().delete(key)
    assert not world.opened


def test_creating_over_another_session_is_refused(session):
    session.create()
    other = SessionStore(session.session_key)

    with pytest.raises(CreateError):
        other.save(must_create=True)


def test_a_taken_key_is_not_used_twice(session, monkeypatch):
    session.create()
    keys = iter([session.session_key, "b" * 32])
    other = SessionStore()
    monkeypatch.setattr(other, "_get_new_session_key", lambda: next(keys))
    other.create()

    assert other.session_key == "b" * 32
    assert other.modified


def test_a_session_that_was_deleted_meanwhile_is_not_saved(session, world):
    session["cat"] = 1
    session.save()
    other = SessionStore(session.session_key)
    assert other["cat"] == 1
    session.delete()
    other["cat"] = 2

    with pytest.raises(UpdateError):
        other.save()
    assert not SessionStore().exists(session.session_key)
    assert not held(world)


def test_flushing_ends_it(session):
    session["cat"] = 1
    session.save()
    key = session.session_key
    session.flush()

    assert not SessionStore().exists(key)
    assert session.session_key is None
    assert session.is_empty()


def test_after_a_login_the_old_key_stays_dead(session, world):
    session["cat"] = 1
    session.save()
    old, late = session.session_key, SessionStore(session.session_key)
    assert late["cat"] == 1
    session.cycle_key()
    session.save()

    assert session.session_key != old
    assert SessionStore(session.session_key)["cat"] == 1
    late["cat"] = 2
    with pytest.raises(UpdateError):
        late.save()
    assert not SessionStore().exists(old)


def test_a_login_that_straddles_the_switch(world):
    """R26: created on the old side, deleted on the new one."""
    world.join()
    session = SessionStore()
    session["cat"] = 1
    session.save()
    old = session.session_key
    world.switch()
    session.cycle_key()

    assert not SessionStore().exists(old)
    assert SessionStore(session.session_key)["cat"] == 1


def test_deadlines_are_djangos(session, world):
    session["cat"] = 1
    session.set_expiry(60)
    session.save()
    expires = held(world)[session.session_key].expires_at_ms / 1000

    assert 55 < expires - timezone.now().timestamp() <= 60
    for place in world.places.values():
        place.advance(61_000)
    assert not SessionStore().exists(session.session_key)


@pytest.mark.parametrize("expiry", [3600, datetime.timedelta(hours=1)])
def test_a_custom_expiry_is_kept(session, expiry):
    session.set_expiry(expiry)
    session.save()

    assert 3590 <= SessionStore(session.session_key).get_expiry_age() <= 3600


def test_a_session_saved_with_a_past_deadline_is_gone(session):
    session["cat"] = 1
    session.set_expiry(-10)
    session.save()

    assert SessionStore(session.session_key).get("cat") is None


@override_settings(USE_TZ=False)
def test_without_time_zones_too(session, world):
    session.save()

    expires = held(world)[session.session_key].expires_at_ms / 1000
    assert abs(expires - datetime.datetime.now().timestamp() - 1209600) < 60  # noqa: DTZ005 - naive on purpose


def test_values_are_djangos_own_and_signed(session, world):
    session["cat"] = "dog"
    session.save()
    value = held(world)[session.session_key].value

    assert DatabaseSessions().decode(value.decode()) == {"cat": "dog"}
    router = routers.router()
    router.set(session.session_key, value[:-1] + b"?")
    assert SessionStore(session.session_key).get("cat") is None


async def test_async_is_the_same(session, world):
    await session.aset("cat", "dog")
    await session.asave()
    key = session.session_key
    other = SessionStore(key)
    assert await other.aget("cat") == "dog"
    assert await other.aexists(key)
    with pytest.raises(CreateError):
        await SessionStore(key).asave(must_create=True)
    await session.acycle_key()
    assert not await SessionStore().aexists(key)
    await other.aset("cat", "late")
    with pytest.raises(UpdateError):
        await other.asave()
    await session.aflush()
    assert await SessionStore("1" * 32).aget("cat") is None
    await SessionStore().adelete()

    assert not held(world)


def test_clearing_is_left_to_who_owns_the_table(world, monkeypatch):
    with pytest.raises(CommandError, match="doesn't support clearing"):
        call_command("clearsessions")
    monkeypatch.setattr(routers.router(), "kinds", {"redis"})
    call_command("clearsessions")


def test_while_writes_wait_nothing_is_lost_silently(world):
    session = SessionStore()
    session["cat"] = 1
    session.save()
    world.publish(RoutePhase.HANDOFF, "a", fenced=False)

    assert SessionStore(session.session_key)["cat"] == 1
    session["cat"] = 2
    with pytest.raises(Exception, match="switch of this route"):
        session.save()

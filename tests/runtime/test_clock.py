from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.models import Leadership
from migrations_app.runtime.clock import DatabaseNow, SystemClock, database_now

pytestmark = pytest.mark.db_semantics


def test_the_system_clock_is_utc_and_monotonic() -> None:
    clock = SystemClock()

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.django_db
def test_the_database_s_clock_is_close_to_ours() -> None:
    assert abs(database_now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [-3.5, 0.0, 90.25])
def test_a_stored_database_time_is_read_back_and_compares_as_a_time(seconds: float) -> None:
    Leadership.objects.create(name="job", expires_at=None)
    Leadership.objects.update(expires_at=DatabaseNow(seconds))
    stored = Leadership.objects.get().expires_at

    assert stored is not None
    assert abs(stored - database_now() - timedelta(seconds=seconds)) < timedelta(seconds=1)
    assert Leadership.objects.filter(expires_at__gt=DatabaseNow(seconds - 5)).exists()
    assert not Leadership.objects.filter(expires_at__gt=DatabaseNow(seconds + 5)).exists()


@pytest.mark.django_db
def test_whole_seconds_compare_with_fractions() -> None:
    """SQLite stores texts, and leaves a fraction of zero out."""
    Leadership.objects.create(name="job", expires_at=database_now().replace(microsecond=0) - timedelta(seconds=2))

    assert Leadership.objects.filter(expires_at__lt=DatabaseNow()).exists()

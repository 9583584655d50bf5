from typing import Any

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from migrations_app.engine import options
from migrations_app.runtime.settings import current, custom_handlers, runtime_settings


def test_the_defaults_are_the_advanced_block_s() -> None:
    values = current()

    assert (values.enabled, values.auto_rollback, values.validation_level) == (True, True, "full")
    assert (values.batch_size, values.parallel_workers, values.timeout) == (1000, 4, 3_600_000)
    assert (values.backup_enabled, values.backup_retention) == (True, 7)
    assert (values.dry_run_required, values.approval_required) == (True, True)


def test_the_floor_is_understood_by_the_options() -> None:
    values, problems = options.effective({}, current().floor())

    assert problems == []
    assert values["batch_size"] == 1000


def test_given_keys_replace_defaults(settings: LazySettings) -> None:
    settings.SNAKEWEB_MIGRATION = {"enabled": False, "batch_size": 50, "custom_handlers": {"a": "b.C"}}

    assert (current().enabled, current().batch_size, current().custom_handlers) == (False, 50, {"a": "b.C"})


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"audit_logging": False}, "audit_logging"),
        ({"batch_sizes": 1}, "batch_sizes"),
        ({"batch_size": "1000"}, "batch_size"),
        ({"batch_size": 0}, "batch_size"),
        ({"enabled": 1}, "enabled"),
        ({"custom_handlers": []}, "custom_handlers"),
        ({"validation_level": "loose"}, "validation_level"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(settings: LazySettings, given: dict[str, Any], named: str) -> None:
    settings.SNAKEWEB_MIGRATION = given

    with pytest.raises(ImproperlyConfigured, match=named):
        current()


def test_the_clockwork_has_the_design_s_numbers() -> None:
    values = runtime_settings()

    assert (values.lease_seconds, values.renew_seconds, values.slice_seconds) == (10.0, 3.0, 60.0)
    assert (values.poll_seconds, values.resend_seconds, values.watchdog_seconds) == (0.25, 5.0, 1.0)


@pytest.mark.parametrize("given", [{"lease_seconds": 2}, {"renew_seconds": 0}, {"lease": 1.0}, {"slice_seconds": "9"}])
def test_a_clockwork_that_cannot_work_is_refused(settings: LazySettings, given: dict[str, Any]) -> None:
    settings.SNAKEWEB_RUNTIME = given

    with pytest.raises(ImproperlyConfigured, match="SNAKEWEB_RUNTIME"):
        runtime_settings()


@pytest.mark.parametrize(
    ("given", "expected"),
    [({"custom_handlers": {"a": "b.C"}}, {"a": "b.C"}), ({}, {}), ({"custom_handlers": 3}, {}), (None, {})],
)
def test_custom_handlers_are_read_at_every_start_so_wrong_settings_do_not_stop_it(
    settings: LazySettings, given: object, expected: object
) -> None:
    settings.SNAKEWEB_MIGRATION = given

    assert custom_handlers() == expected

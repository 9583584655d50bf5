from migrations_app.handlers import registry
from migrations_app.handlers.registry import Custom, Refused
from migrations_app.selectors.migration_types import migration_types
from migrations_app.services.actor import SYSTEM
from tests.custom_types import NewerStamp, let_in


def test_every_type_says_where_it_comes_from_and_what_it_takes():
    with let_in(NewerStamp):
        known = {row.handler: row for row in migration_types(actor=SYSTEM).types}

    assert {"session", "config", "upgrade", "stamp"} <= set(known)
    assert known["session"].origin == "Snakeweb"
    stamp = known["stamp"]
    assert (stamp.origin, stamp.version, stamp.compatible_versions) == ("a test", "2.0.0", ("1.*",))
    assert stamp.parameters["properties"]["ink"]["enum"] == ["black", "red"]
    assert (stamp.roles[0].name, stamp.roles[0].claim, stamp.unused_options) == (
        "target",
        "exclusive",
        ("zero_downtime",),
    )


def test_what_was_refused_is_said():
    before, refused = registry.custom(), Refused("mine", "mine 1", "It has no actions.")
    registry.let_in(Custom(refused=(refused,)))
    try:
        assert migration_types(actor=SYSTEM).refused == (refused,)
    finally:
        registry.let_in(before)

"""Database triggers that keep a version of a policy as it was proposed, for SQLite and PostgreSQL.

Its state moves from proposed to active, retired or withdrawn, and from active to retired; nothing else about it ever
changes. Parts are added while it is proposed only. SQLite drops a table's triggers with every change of its schema: a
schema migration that changes one of these tables runs `create_statements` again.
"""

VERSION = "migrations_app_policyversion"
PARTS = (
    ("migrations_app_policytype", "version_id"),
    ("migrations_app_policyrequirement", "version_id"),
    ("migrations_app_policyversion_environments", "policyversion_id"),
)
_FROZEN = (
    "policy_id number retires with_environment scope risk_at_least zero_downtime irreversible reason proposed_by_id "
    "proposed_at comment_required"
).split()
_MOVES = (
    "OLD.state = NEW.state OR (OLD.state = 'proposed' AND NEW.state IN ('active', 'retired', 'withdrawn'))"
    " OR (OLD.state = 'active' AND NEW.state = 'retired')"
)
_SAID_FROZEN = "a version of a policy never changes"
_SAID_PARTS = "parts are added to a proposed version of a policy only, and never changed"


def _changed(differs: str) -> str:
    return " OR ".join([*(f"OLD.{column} {differs} NEW.{column}" for column in _FROZEN), f"NOT ({_MOVES})"])


def _not_proposed(column: str) -> str:
    return f"(SELECT state FROM {VERSION} WHERE id = NEW.{column}) <> 'proposed'"


def create_statements(vendor: str) -> list[str]:
    """Statements that put the triggers in place. Raises KeyError for another database than these two."""
    if vendor == "sqlite":
        return list(_sqlite())
    if vendor != "postgresql":
        raise KeyError(f"no policy triggers for {vendor}; use PostgreSQL or SQLite")
    return list(_postgresql())


def _sqlite():
    yield (
        f"CREATE TRIGGER IF NOT EXISTS policy_version_frozen BEFORE UPDATE ON {VERSION} WHEN {_changed('IS NOT')} "
        f"BEGIN SELECT RAISE(ABORT, '{_SAID_FROZEN}'); END"
    )
    for table, column in PARTS:
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table}_frozen BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{_SAID_PARTS}'); END"
        )
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {table}_proposed BEFORE INSERT ON {table} WHEN {_not_proposed(column)} "
            f"BEGIN SELECT RAISE(ABORT, '{_SAID_PARTS}'); END"
        )


def _postgresql():
    for name, said in (("snakeweb_policy_frozen", _SAID_FROZEN), ("snakeweb_policy_parts", _SAID_PARTS)):
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $policy$ BEGIN "
            f"RAISE EXCEPTION '{said}' USING ERRCODE = 'integrity_constraint_violation'; END $policy$"
        )
    yield (
        f"CREATE OR REPLACE TRIGGER policy_version_frozen BEFORE UPDATE ON {VERSION} FOR EACH ROW "
        f"WHEN ({_changed('IS DISTINCT FROM')}) EXECUTE FUNCTION snakeweb_policy_frozen()"
    )
    for table, column in PARTS:
        # The condition of a trigger holds no query, so the function asks.
        yield (
            f"CREATE OR REPLACE FUNCTION {table}_proposed() RETURNS trigger LANGUAGE plpgsql AS $policy$ BEGIN "
            f"IF {_not_proposed(column)} THEN RAISE EXCEPTION '{_SAID_PARTS}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $policy$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_proposed BEFORE INSERT ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_proposed()"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_frozen BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION snakeweb_policy_parts()"
        )


def drop_statements(vendor: str) -> list[str]:
    names = [("policy_version_frozen", VERSION)]
    names += [(f"{table}_{kind}", table) for table, _ in PARTS for kind in ("frozen", "proposed")]
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name, _ in names]
    return [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, table in names]

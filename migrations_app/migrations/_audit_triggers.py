"""Database triggers that keep the audit table append-only (DESIGN section 10), for SQLite and PostgreSQL.

An insert must bring a new seq: `INSERT OR REPLACE` would otherwise pass the update and delete triggers. The head
only ever moves forward by one. Checkpoints are append-only too; entries are deleted only up to the mark of retention,
which only moves forward, and only to the end of a sealed segment.
"""

TABLE = "migrations_app_auditentry"
HEAD = "migrations_app_audithead"
CHECKPOINT = "migrations_app_auditcheckpoint"
RETENTION = "migrations_app_auditretention"

_REMOVED = f"(SELECT coalesce(max(removed_through), 0) FROM {RETENTION})"

_SQLITE = {
    "audit_entry_no_update": f"BEFORE UPDATE ON {TABLE} BEGIN "
    "SELECT RAISE(ABORT, 'audit entries are append-only: update refused'); END",
    "audit_entry_no_delete": f"BEFORE DELETE ON {TABLE} WHEN OLD.seq > {_REMOVED} BEGIN "
    "SELECT RAISE(ABORT, 'audit entries are append-only: delete refused'); END",
    "audit_entry_new_seq": f"BEFORE INSERT ON {TABLE} "
    f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE seq = NEW.seq OR hash = NEW.hash) BEGIN "
    "SELECT RAISE(ABORT, 'audit entries are append-only: this seq exists'); END",
    "audit_head_forward": f"BEFORE UPDATE ON {HEAD} WHEN NEW.seq <> OLD.seq + 1 OR NEW.id <> OLD.id BEGIN "
    "SELECT RAISE(ABORT, 'the audit head moves forward by one'); END",
    "audit_head_stays": f"BEFORE DELETE ON {HEAD} BEGIN SELECT RAISE(ABORT, 'the audit head stays'); END",
    "audit_head_once": f"BEFORE INSERT ON {HEAD} WHEN EXISTS (SELECT 1 FROM {HEAD}) OR NEW.seq <> 0 BEGIN "
    "SELECT RAISE(ABORT, 'the audit head starts once, at 0'); END",
    "audit_entry_not_removed": f"BEFORE INSERT ON {TABLE} WHEN NEW.seq <= {_REMOVED} BEGIN "
    "SELECT RAISE(ABORT, 'audit entries are append-only: this seq was removed'); END",
    "audit_checkpoint_no_update": f"BEFORE UPDATE ON {CHECKPOINT} BEGIN "
    "SELECT RAISE(ABORT, 'audit checkpoints are append-only: update refused'); END",
    "audit_checkpoint_no_delete": f"BEFORE DELETE ON {CHECKPOINT} BEGIN "
    "SELECT RAISE(ABORT, 'audit checkpoints are append-only: delete refused'); END",
    "audit_checkpoint_new": f"BEFORE INSERT ON {CHECKPOINT} "
    f"WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM {CHECKPOINT}) BEGIN "
    "SELECT RAISE(ABORT, 'audit checkpoints are numbered without a gap'); END",
    "audit_retention_forward": f"BEFORE UPDATE ON {RETENTION} WHEN NEW.removed_through < OLD.removed_through "
    f"OR NOT EXISTS (SELECT 1 FROM {CHECKPOINT} WHERE last = NEW.removed_through) BEGIN "
    "SELECT RAISE(ABORT, 'audit retention moves forward, to the end of a sealed segment'); END",
    "audit_retention_starts": f"BEFORE INSERT ON {RETENTION} "
    f"WHEN EXISTS (SELECT 1 FROM {RETENTION}) OR NEW.removed_through <> 0 BEGIN "
    "SELECT RAISE(ABORT, 'audit retention starts once, at 0'); END",
    "audit_retention_stays": f"BEFORE DELETE ON {RETENTION} BEGIN "
    "SELECT RAISE(ABORT, 'audit retention stays'); END",
}

_POSTGRESQL_FUNCTIONS = {
    "snakeweb_audit_refuse": """
        BEGIN RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, lower(TG_OP)
              USING ERRCODE = 'integrity_constraint_violation'; END""",
    "snakeweb_audit_new_seq": f"""
        BEGIN
          IF NEW.seq <= {_REMOVED} OR EXISTS (SELECT 1 FROM {TABLE} WHERE seq = NEW.seq) THEN
            RAISE EXCEPTION 'audit entries are append-only: this seq exists or was removed'
              USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END""",
    "snakeweb_audit_head_forward": """
        BEGIN
          IF NEW.seq <> OLD.seq + 1 OR NEW.id <> OLD.id THEN
            RAISE EXCEPTION 'the audit head moves forward by one' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END""",
    "snakeweb_audit_head_once": """
        BEGIN
          IF NEW.seq <> 0 THEN
            RAISE EXCEPTION 'the audit head starts at 0' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END""",
    "snakeweb_audit_change": f"""
        BEGIN
          IF TG_OP = 'DELETE' AND OLD.seq <= {_REMOVED} THEN RETURN OLD; END IF;
          RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, lower(TG_OP)
            USING ERRCODE = 'integrity_constraint_violation';
        END""",
    "snakeweb_audit_checkpoint_new": f"""
        BEGIN
          IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM {CHECKPOINT}) THEN
            RAISE EXCEPTION 'audit checkpoints are numbered without a gap'
              USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END""",
    "snakeweb_audit_retention_forward": f"""
        BEGIN
          IF NEW.removed_through < OLD.removed_through
             OR NOT EXISTS (SELECT 1 FROM {CHECKPOINT} WHERE last = NEW.removed_through) THEN
            RAISE EXCEPTION 'audit retention moves forward, to the end of a sealed segment'
              USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END""",
    "snakeweb_audit_retention_starts": f"""
        BEGIN
          IF NEW.removed_through <> 0 OR EXISTS (SELECT 1 FROM {RETENTION}) THEN
            RAISE EXCEPTION 'audit retention starts once, at 0' USING ERRCODE = 'integrity_constraint_violation';
          END IF;
          RETURN NEW;
        END""",
}

_POSTGRESQL_TRIGGERS = {
    "audit_entry_no_change": (TABLE, "BEFORE UPDATE OR DELETE", "ROW", "snakeweb_audit_change"),
    "audit_entry_no_truncate": (TABLE, "BEFORE TRUNCATE", "STATEMENT", "snakeweb_audit_refuse"),
    "audit_entry_new_seq": (TABLE, "BEFORE INSERT", "ROW", "snakeweb_audit_new_seq"),
    "audit_head_forward": (HEAD, "BEFORE UPDATE", "ROW", "snakeweb_audit_head_forward"),
    "audit_head_once": (HEAD, "BEFORE INSERT", "ROW", "snakeweb_audit_head_once"),
    "audit_head_no_delete": (HEAD, "BEFORE DELETE", "ROW", "snakeweb_audit_refuse"),
    "audit_head_no_truncate": (HEAD, "BEFORE TRUNCATE", "STATEMENT", "snakeweb_audit_refuse"),
    "audit_checkpoint_no_change": (CHECKPOINT, "BEFORE UPDATE OR DELETE", "ROW", "snakeweb_audit_refuse"),
    "audit_checkpoint_no_truncate": (CHECKPOINT, "BEFORE TRUNCATE", "STATEMENT", "snakeweb_audit_refuse"),
    "audit_checkpoint_new": (CHECKPOINT, "BEFORE INSERT", "ROW", "snakeweb_audit_checkpoint_new"),
    "audit_retention_forward": (RETENTION, "BEFORE UPDATE", "ROW", "snakeweb_audit_retention_forward"),
    "audit_retention_starts": (RETENTION, "BEFORE INSERT", "ROW", "snakeweb_audit_retention_starts"),
    "audit_retention_no_delete": (RETENTION, "BEFORE DELETE", "ROW", "snakeweb_audit_refuse"),
    "audit_retention_no_truncate": (RETENTION, "BEFORE TRUNCATE", "STATEMENT", "snakeweb_audit_refuse"),
}


def create_statements(vendor: str) -> list[str]:
    """Statements that put the triggers in place. Raises KeyError for another database than these two."""
    if vendor == "sqlite":
        return [f"CREATE TRIGGER IF NOT EXISTS {name} {body}" for name, body in _SQLITE.items()]
    if vendor != "postgresql":
        raise KeyError(f"no audit triggers for {vendor}; use PostgreSQL or SQLite")
    functions = [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $audit${body}$audit$"
        for name, body in _POSTGRESQL_FUNCTIONS.items()
    ]
    triggers = [
        f"CREATE OR REPLACE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()"
        for name, (table, when, each, function) in _POSTGRESQL_TRIGGERS.items()
    ]
    # ALWAYS: they also hold for a session that set session_replication_role to replica.
    always = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for name, (table, *_) in _POSTGRESQL_TRIGGERS.items()]
    return [*functions, *triggers, *always]


def drop_statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE]
    return [f"DROP TRIGGER IF EXISTS {name} ON {table}" for name, (table, *_) in _POSTGRESQL_TRIGGERS.items()]

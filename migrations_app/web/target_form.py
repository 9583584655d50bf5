"""A target's form: the declared fields of its store, database or pool, columns of a mapped table, and credentials.

A credential is never shown again: empty keeps it, a tick removes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers.config.target import CONFIG_FIELDS as CONFIGURATION_FIELDS
from migrations_app.handlers.project.target import PROJECT_FIELDS
from migrations_app.pools import POOL_FIELDS
from migrations_app.selectors.targets import TargetPage
from migrations_app.services.targets import SECRET_NAMES
from migrations_app.stores.sessions import CONFIG_FIELDS, WITH_COLUMNS
from migrations_app.stores.tables.configuration import CONFIG_FIELDS as DATABASE_FIELDS
from migrations_app.web.declared import Control, chosen_values, controls, left_alone, posted_values, shown_values
from migrations_app.web.edited_meanwhile import Said, Sent, sent_as, ticked, typed
from migrations_app.web.problems import ProblemsByField

# Beside the kinds of session store: databases, and the engine of each; worker pools, and the driver of each;
# configurations, and projects.
POOL, HTTP_POOL, PROCESS_POOL = "pool", "http_pool", "process_pool"
DRIVERS = {POOL: "beam", HTTP_POOL: "http", PROCESS_POOL: "process"}
POSTGRES_TABLES, SQLITE_TABLES, OTHER_TABLES = "postgres_tables", "sqlite_tables", "other_tables"
ENGINES = {POSTGRES_TABLES: "postgres", SQLITE_TABLES: "sqlite", OTHER_TABLES: "sqlalchemy"}
CONFIGURATION, PROJECT = "configuration", "project"
FIELDS: Mapping[str, tuple[Field, ...]] = {
    **CONFIG_FIELDS,
    **{database: DATABASE_FIELDS[engine] for database, engine in ENGINES.items()},
    **{pool: POOL_FIELDS[driver] for pool, driver in DRIVERS.items()},
    CONFIGURATION: CONFIGURATION_FIELDS,
    PROJECT: PROJECT_FIELDS,
}
NAMES = {
    "redis": "Redis",
    "postgres": "PostgreSQL",
    "sqlite": "SQLite",
    "snapshot": "Snapshot file",
    "beam": "Snakepit node",
    POSTGRES_TABLES: "Tables in PostgreSQL",
    SQLITE_TABLES: "Tables in a SQLite file",
    OTHER_TABLES: "Tables in MySQL, MariaDB or another database",
    POOL: "Snakepit worker pool",
    HTTP_POOL: "Worker pool over HTTP",
    PROCESS_POOL: "Worker pool of processes",
    CONFIGURATION: "Configuration of Snakepit",
    PROJECT: "Source code of a project",
}
KINDS = {
    **dict.fromkeys(ENGINES, TargetKind.DATABASE),
    **dict.fromkeys(DRIVERS, TargetKind.WORKER_POOL),
    CONFIGURATION: TargetKind.CONFIG_FILE,
    PROJECT: TargetKind.ADAPTER_PROJECT,
}
PASSWORD = (("password", "Password"),)
BOTH_PASSWORDS = (*PASSWORD, ("readonly_password", "Password of the read-only user"))
CREDENTIALS = {
    "redis": BOTH_PASSWORDS,
    POSTGRES_TABLES: BOTH_PASSWORDS,
    SQLITE_TABLES: (),
    OTHER_TABLES: BOTH_PASSWORDS,
    "beam": (("password", "Cookie"), ("gateway_token", "Token of the gateway")),
    POOL: (("password", "Cookie"),),
    HTTP_POOL: (("password", "Bearer token"),),
    PROCESS_POOL: (),
    "sqlite": (),
    "snapshot": (),
    CONFIGURATION: (),
    PROJECT: (),
}
# What few need, behind a heading of its own; unfolded as soon as one of them is set or the layout asks for them.
_TLS = ("Distribution over TLS", frozenset({"certificate", "key", "authority"}))
FOLDED: Mapping[str, tuple[str, frozenset[str]]] = {
    "redis": (
        "Fields of the hash layout",
        frozenset({"value_field", "created_field", "accessed_field", "ttl_field", "time_unit"}),
    ),
    "beam": _TLS,
    POOL: _TLS,
}
STORES = tuple((store, NAMES[store]) for store in FIELDS)
SHOWN = {  # as configurations name them
    **{driver: NAMES[pool] for pool, driver in DRIVERS.items()},
    **NAMES,
}


@dataclass(frozen=True, slots=True)
class TargetForm:
    """`store`: a kind of session store, or a name of `KINDS`. `columns` is the text of the columns box;
    `config` what is stored, or what a service takes; `secrets` None removes."""

    store: str
    name: str = ""
    environment: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    columns: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(repr=False, default_factory=dict)

    @property
    def stores(self) -> tuple[tuple[str, str], ...]:
        return STORES

    @property
    def kind(self) -> TargetKind:
        return KINDS.get(self.store, TargetKind.SESSION_STORE)

    @property
    def has_columns(self) -> bool:
        return self.store in WITH_COLUMNS

    @property
    def folded(self) -> frozenset[str]:
        return FOLDED[self.store][1] if self.store in FOLDED else frozenset()

    @property
    def folded_title(self) -> str:
        return FOLDED[self.store][0] if self.store in FOLDED else ""

    @property
    def unfolds(self) -> bool:
        return self.values.get("layout") == "hash"

    def controls(self, problems: ProblemsByField) -> tuple[Control, ...]:
        return controls(FIELDS[self.store], self.values, path="config", problems=problems)

    def secret_fields(self) -> tuple[tuple[str, str], ...]:
        """Name and label of each credential that such a store takes."""
        return tuple((f"secrets.{name}", label) for name, label in CREDENTIALS.get(self.store, PASSWORD))


def blank(query: Mapping[str, str]) -> TargetForm:
    """A new one; the query may choose store and environment."""
    return TargetForm(_known(query.get("store", "")), query.get("name", ""), query.get("environment", ""))


def stored(page: TargetPage) -> TargetForm:
    config = page.config
    if page.row.kind is TargetKind.DATABASE:
        engine = config.get("engine", "")
        shown = next((name for name, its in ENGINES.items() if its == engine), POSTGRES_TABLES)
    else:
        driver, store = config.get("driver", ""), str(config.get("store", ""))
        store = {TargetKind.CONFIG_FILE: CONFIGURATION, TargetKind.ADAPTER_PROJECT: PROJECT}.get(page.row.kind, store)
        shown = _known(next((pool for pool, its in DRIVERS.items() if its == driver), store))
    values = shown_values(FIELDS[shown], config)
    columns = columns_text(config.get("columns") or {})
    return TargetForm(shown, page.row.name, str(page.row.environment_id), values, columns, config)


def as_sent(form: TargetForm) -> Sent:
    """What a browser sends of its configuration; credentials are never shown, so never sent unless typed."""
    shown = {
        control.name: ("on" if control.checked else "off") if control.field.kind is FieldKind.BOOLEAN else control.value
        for control in form.controls(ProblemsByField())
    }
    return sent_as({**shown, "config.columns": form.columns})


def compared(form: TargetForm) -> tuple[Said, ...]:
    """What two who change a target are shown."""
    return (
        *(
            (ticked if declared.kind is FieldKind.BOOLEAN else typed)(f"config.{declared.name}", declared.label)
            for declared in FIELDS[form.store]
        ),
        *((typed("config.columns", "Columns of your own table"),) if form.has_columns else ()),
    )


def sent(posted: Mapping[str, str], edited: TargetForm | None = None) -> TargetForm:
    """`edited` is the form as it is stored. What was left as it stands there stays as it is written there: another
    spelling of the same, or a default that is no longer named, would be another content of every plan that uses it.
    """
    store = _known(posted.get("store", ""))
    declared = FIELDS[store]
    values = posted_values(declared, posted, path="config")
    columns = posted.get("config.columns", "")
    before = edited.config if edited is not None and edited.store == store else {}
    config: dict[str, Any] = {
        **_named_kind(store),
        **_typed(declared, chosen_values(declared, values)),
        **left_alone(declared, values, before),
    }
    if edited is not None and "columns" in before and _lines(columns) == _lines(edited.columns):
        config["columns"] = before["columns"]
    elif store in WITH_COLUMNS and columns.strip():
        config["columns"] = columns_from(columns)
    secrets: dict[str, str | None] = {
        name: None if f"remove.{name}" in posted else posted.get(f"secrets.{name}", "") for name in SECRET_NAMES
    }
    return TargetForm(store, posted.get("name", ""), posted.get("environment", ""), values, columns, config, secrets)


def _named_kind(store: str) -> dict[str, str]:
    """How a configuration says what it is."""
    if store in ENGINES:
        return {"engine": ENGINES[store]}
    if store in DRIVERS:
        return {"driver": DRIVERS[store]}
    return {} if store in KINDS else {"store": store}


def columns_text(columns: Mapping[str, Any]) -> str:
    """`{"key": "k", "expires_at": {"column": "e", "unit": "s"}}` -> lines `key: k` and `expires_at: e (s)`."""
    lines = []
    for part, given in columns.items():
        name, unit = (given.get("column"), given.get("unit")) if isinstance(given, Mapping) else (given, None)
        lines.append(f"{part}: {name} ({unit})" if unit else f"{part}: {name}")
    return "\n".join(lines)


def columns_from(text: str) -> dict[str, Any]:
    """The inverse; a line without a colon becomes a part of that name, which the store's check then complains about."""
    columns: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        part, _, rest = (piece.strip() for piece in line.partition(":"))
        name, _, unit = rest.removesuffix(")").partition(" (")
        columns[part] = {"column": name.strip(), "unit": unit.strip()} if unit else name.strip()
    return columns


def _lines(text: str) -> list[str]:
    """Of a box, whose ends of lines are the browser's."""
    return text.strip().splitlines()


def _typed(fields: Sequence[Field], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and booleans as such, so that a stored configuration does not depend on the door it came through."""
    kinds = {declared.name: declared.kind for declared in fields}
    return {name: _value(kinds[name], value) for name, value in chosen.items()}


def _value(kind: str, text: str) -> Any:
    if kind == "boolean":
        return text == "on"
    if kind == "integer" and text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    return text


def _known(store: str) -> str:
    return store if store in FIELDS else next(iter(FIELDS))

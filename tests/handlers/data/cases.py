"""Plans of data migrations without a database: specs, analyses, and the pairs of the risk."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.handler import RiskCase, Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Analysis, Target
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.data import risk
from migrations_app.handlers.data.live import risk as live
from migrations_app.handlers.data.parameters import PARAMETERS, SOURCE, TARGET
from tests.risk_pairs import Pair

REMOTE = {"engine": "postgres", "host": "db.example", "database": "shop", "username": "shop", "tls": True}
FILE = {"engine": "sqlite", "path": "/srv/shop.db"}


def spec(
    source: Mapping[str, Any] = REMOTE,
    target: Mapping[str, Any] = FILE,
    options: Mapping[str, Any] | None = None,
    **parameters: Any,
) -> Spec:
    return Spec(
        type=MigrationType.DATA,
        handler="data",
        environment="staging",
        protected=False,
        targets={
            SOURCE: Target(1, "shop", TargetKind.DATABASE, "staging", source),
            TARGET: Target(2, "new-shop", TargetKind.DATABASE, "staging", target),
        },
        parameters=parse(PARAMETERS, parameters, path="parameters")[0],
        options=engine_options.effective(options or {}, {})[0],
    )


def table(name: str, **facts: Any) -> dict[str, Any]:
    calm = {
        "source": f"public.{name}",
        "target": name,
        "key": ["id"],
        "columns": [],
        "where": [],
        "rows": 10,
        "bytes": 1000,
        "level": 0,
        "missing": False,
        "holds_rows": False,
        "held_rows": 0,
        "held_bytes": 0,
        "kept_by_key": True,
        "triggers": [],
        "unfilled": [],
        "left_out": [],
    }
    return {**calm, **facts}


def held(name: str, **facts: Any) -> dict[str, Any]:
    return table(name, **{"holds_rows": True, "held_rows": 7, "held_bytes": 700, **facts})


def analysis(*tables: Mapping[str, Any], source: Any = None, target: Any = None, **data: Any) -> Analysis:
    calm = {"encoding": "UTF8", "latency_us": 100, "replica": False, "writable": True}
    everything = {
        "tables": list(tables),
        "digest": "d" * 64,
        "problems": [],
        "incompatible": [],
        "traps": [],
        "cycles": [],
        "live": {"problems": [], "one_way": []},
        **data,
    }
    return Analysis(
        {"name": "shop", "identity": "one", **calm, **(source or {})},
        {"name": "new-shop", "identity": "other", **calm, "data": everything, **(target or {})},
        {},
        sizes={"rows": sum(each["rows"] for each in tables), "bytes": sum(each["bytes"] for each in tables)},
    )


def incompatible(severity: str, code: str = "narrower") -> dict[str, str]:
    message, fix = "It is narrower there.", "Widen it."
    return {"table": "orders", "column": "no", "severity": severity, "code": code, "message": message, "fix": fix}


TRAP = {
    "table": "orders",
    "column": "note",
    "code": "nul",
    "message": "3 rows hold a NUL",
    "rows": 3,
    "fix": "Drop it.",
}


def case(*tables: Mapping[str, Any], given: Spec | None = None, **seen: Any) -> RiskCase:
    return RiskCase(given or spec(), analysis(*(tables or (table("orders"),)), **seen))


LIVE = spec(live="triggers")
ONE_WAY = {"table": "orders", "column": "note", "reason": "It is trimmed.", "blocks": False}
PAIRS = [
    Pair(risk.rows_give_way, case(held("orders")), case()),
    Pair(risk.writes_not_followed, case(), case(given=LIVE)),
    Pair(risk.size, case(table("orders", bytes=2**40)), case()),
    Pair(risk.columns_change, case(incompatible=[incompatible("warning")]), case()),
    Pair(risk.traps_are_there, case(traps=[TRAP]), case()),
    Pair(risk.rows_may_be_put_aside, case(given=spec(on_reject="quarantine")), case()),
    Pair(risk.columns_are_left_out, case(table("orders", left_out=["note"])), case()),
    Pair(risk.triggers, case(table("orders", triggers=["orders_audit"])), case()),
    Pair(risk.no_key, case(table("orders", key=[])), case()),
    Pair(risk.what_is_not_created, case(table("orders", missing=True)), case()),
    Pair(risk.replica, case(source={"replica": True}), case()),
    Pair(risk.encodings, case(source={"encoding": "LATIN1"}), case()),
    Pair(risk.latency, case(target={"latency_us": 9000}), case()),
    Pair(risk.unencrypted, case(given=spec({**REMOTE, "tls": False})), case()),
    Pair(live.triggers_on_the_source, case(given=LIVE), case()),
    Pair(live.deletions_are_not_seen, case(given=spec(live="change_column", change_column="changed")), case()),
    Pair(live.long_write_stop, case(given=spec(live="triggers", longest_write_stop_ms=60_000)), case(given=LIVE)),
    Pair(live.a_person_stops_the_writers, case(given=spec(live="triggers", write_stop="confirm")), case(given=LIVE)),
    Pair(live.some_changes_stay_there, case(given=LIVE, live={"problems": [], "one_way": [ONE_WAY]}), case(given=LIVE)),
]

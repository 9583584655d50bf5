"""Cases of the risk: a calm migration, changed in one place."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from migrations_app.engine.handler import RiskCase, Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Analysis, Target
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.adapter import risk
from migrations_app.handlers.adapter.parameters import PARAMETERS, POOL, PROJECT
from tests.risk_pairs import Pair

AT = {"path": str(Path("/srv/shop"))}
BOTH = {
    PROJECT: Target(9, "shop", TargetKind.ADAPTER_PROJECT, "staging", AT),
    POOL: Target(8, "shop-pool", TargetKind.WORKER_POOL, "staging", {}),
}
SPEC = Spec(
    type=MigrationType.ADAPTER,
    handler="adapter",
    environment="staging",
    protected=False,
    targets=BOTH,
    parameters={},
    options={},
)
TOOL = {"name": "root", "served": True, "edited": False, "confidence": "high"}
CALM = {"adapter": "shop.Shop", "tools": [TOOL], "rewrites": [{"path": "a.py"}], "samples": {"tools": {"root": 30}}}


def case(state: dict[str, Any] | None = None, *, pool: bool = True, waves: int = 1, **parameters: Any) -> RiskCase:
    spec = replace(
        SPEC,
        targets=BOTH if pool else {PROJECT: BOTH[PROJECT]},
        parameters=parse(PARAMETERS, {"surge": 0, "max_unavailable": 1, **parameters}, path="parameters")[0],
    )
    target: dict[str, Any] = {"adapter": {**CALM, **(state or {})}}
    if pool:
        target["pool"] = {"waves": [["a"]] * waves}
    return RiskCase(spec, Analysis({}, target, {}))


def tools(*more: dict[str, Any]) -> dict[str, Any]:
    return {"tools": [{**TOOL, **one} for one in more]}


KEPT = tools({}, {"name": "total", "served": False})
PAIRS = [
    Pair(risk.no_proof, case(equivalence="off"), case()),
    Pair(risk.no_proof, case(equivalence="where_possible"), case(equivalence="required")),
    Pair(risk.few_cases, case(cases=10), case(cases=200)),
    Pair(risk.recorded_calls, case({"samples": {}}), case()),
    Pair(risk.assumed, case(tools({"confidence": "medium"})), case()),
    Pair(risk.by_hand, case(tools({"edited": True})), case()),
    Pair(risk.two_adapters, case({**KEPT, "joined": True}), case({**KEPT, "joined": False})),
    Pair(risk.calls_by_hand, case({"refused": [{"place": "a.py:3"}]}), case()),
    Pair(risk.nothing_names_it, case({"rewrites": []}), case()),
    Pair(risk.not_read, case({"left_out": {"a.py": "It is a link."}}), case()),
    Pair(risk.removes_code, case({"removed": ["shop.py"]}), case()),
    Pair(risk.workers_by_hand, case(pool=False), case()),
    Pair(risk.old_and_new_together, case(waves=2), case()),
    Pair(risk.requests_are_cut, case(after_deadline="stop"), case(after_deadline="stop", pool=False)),
    Pair(risk.no_time_to_prove_itself, case(soak_seconds=0), case(soak_seconds=0, pool=False)),
    Pair(risk.without_extra_workers, case(), case(surge=1, max_unavailable=0)),
]

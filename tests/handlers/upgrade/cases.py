"""Cases of the risk: a calm upgrade, changed in one place."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from migrations_app.engine.handler import RiskCase, Spec
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import Analysis, Target
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.upgrade import risk
from migrations_app.handlers.upgrade.parameters import PARAMETERS, PROJECT
from tests.risk_pairs import Pair

SPEC = Spec(
    type=MigrationType.UPGRADE,
    handler="upgrade",
    environment="staging",
    protected=False,
    targets={PROJECT: Target(9, "shop", TargetKind.ADAPTER_PROJECT, "staging", {"path": str(Path("/srv/shop"))})},
    parameters={},
    options={},
)


def case(
    source: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    *,
    project: bool = True,
    **parameters: Any,
) -> RiskCase:
    calm_source = {"version": "0.12.0", "files": ["config.exs"]}
    calm_target = {"version": "0.12.0", "pool": {"waves": [["worker-1"]]}, "sources": {"findings": [], "left_out": {}}}
    spec = replace(
        SPEC,
        targets=SPEC.targets if project else {},
        parameters=parse(PARAMETERS, {"surge": 0, "max_unavailable": 1, **parameters}, path="parameters")[0],
    )
    return RiskCase(spec, Analysis({**calm_source, **(source or {})}, {**calm_target, **(target or {})}, {}))


def code(*weights: str, left_out: dict[str, str] | None = None) -> dict[str, Any]:
    findings = [{"weight": weight, "place": f"lib/a.ex:{n}"} for n, weight in enumerate(weights, 1)]
    return {"sources": {"findings": findings, "left_out": left_out or {}}}


PAIRS = [
    Pair(risk.code_breaks, case(target=code("breaks")), case(target=code("differs"))),
    Pair(risk.code_differs, case(target=code("deprecated")), case(target=code("breaks"))),
    Pair(risk.code_not_read, case(target=code(left_out={"a.py": "it is a link"})), case()),
    Pair(risk.code_not_looked_at, case(project=False), case()),
    Pair(risk.many_versions_at_once, case({"version": "0.8.8"}), case({"version": "0.11.1"})),
    Pair(risk.goes_down, case({"version": "0.13.0"}), case({"version": "0.11.1"})),
    Pair(risk.sessions_change, case({"version": "0.4.3"}), case({"version": "0.10.0"})),
    Pair(risk.old_and_new_together, case(target={"pool": {"waves": [["a"], ["b"]]}}), case()),
    Pair(risk.requests_are_cut, case(after_deadline="stop"), case(after_deadline="give_up")),
    Pair(risk.no_time_to_prove_itself, case(soak_seconds=0), case(soak_seconds=5, healthy_answers=2)),
    Pair(risk.without_extra_workers, case(), case(surge=1, max_unavailable=0)),
]

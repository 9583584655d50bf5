"""Cases of the risk: a calm one, changed in one place."""

from pathlib import Path
from typing import Any

from migrations_app.engine.handler import RiskCase
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.config import risk
from tests.handlers.config.places import Rewrite
from tests.risk_pairs import Pair


def case(source: dict[str, Any] | None = None, target: dict[str, Any] | None = None, **parameters: Any) -> RiskCase:
    calm_source = {"files": ["config.exs"], "at_run_time": [], "version": "0.8.9"}
    calm_target = {"hunks": [], "problems": [], "reversible": True}
    analysis = Analysis({**calm_source, **(source or {})}, {**calm_target, **(target or {})}, {})
    return RiskCase(Rewrite(Path("/srv/shop"), parameters).spec, analysis)


def hunks(*manners: str) -> dict[str, Any]:
    return {"hunks": [{"manner": manner, "key": f"key_{number}"} for number, manner in enumerate(manners)]}


def problems(*severities: str) -> dict[str, Any]:
    return {"problems": [{"severity": severity, "key": "pools"} for severity in severities]}


PAIRS = [
    Pair(risk.by_hand, case(target=hunks("manual")), case(target=hunks("automatic", "warn"))),
    Pair(risk.behaves_differently, case(target=hunks("warn")), case(target=hunks("automatic"))),
    Pair(risk.result_has_problems, case(target=problems("warning")), case(target=problems("notice"))),
    Pair(risk.decided_at_run_time, case({"at_run_time": ["grpc_port"]}), case()),
    Pair(risk.edits_are_kept, case(local_edits="keep"), case(local_edits="stop")),
    Pair(risk.other_files, case({"files": ["config.exs", "prod.exs"]}), case()),
    Pair(risk.no_way_back_by_rules, case(target={"reversible": False}), case()),
]

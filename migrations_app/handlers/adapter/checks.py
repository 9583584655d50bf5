"""Every reason why an adapter migration cannot be planned like that."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.adapter.parameters import OFF, POOL, PROJECT
from migrations_app.handlers.adapter.samples import Samples, lacking
from migrations_app.handlers.upgrade.pool import pool_problems, problems_of_error


def problems_of(spec: Spec, analysis: Analysis) -> list[Problem]:
    state = analysis.target_state["adapter"]
    wishes = list(_wishes(spec))
    if "error" in state:
        return [*wishes, *problems_of_error(PROJECT, state["name"], state["error"])]
    found = [Problem(*each) for each in state["problems"]]
    pool = analysis.target_state.get("pool")
    of_pool = pool_problems(pool, "parameters.place") if pool is not None else ()
    return [*wishes, *found, *_of_samples(spec, state), *of_pool]


def tolerance_of(parameters: Mapping[str, Any]) -> float | None:
    """The relative one; None for the usual. Raises ValueError for a text that is none."""
    text = str(parameters["tolerance"])
    if not text:
        return None
    value = float(text)
    if not math.isfinite(value) or not 0 <= value < 1:
        raise ValueError(text)
    return value


def _wishes(spec: Spec) -> Iterator[Problem]:
    try:
        tolerance_of(spec.parameters)
    except ValueError:
        yield Problem("parameters.tolerance", "This is no tolerance.", "Give one from 0 to 1, as 1e-6.")
    if not spec.options["zero_downtime"]:
        return
    if POOL not in spec.targets:
        message = "Zero downtime needs a worker pool: somebody has to restart the workers in waves."
        yield Problem(f"targets.{POOL}", message, "Choose the pool, or leave the option off.", "required")
    if not spec.parameters["recorded"]:
        message = "Zero downtime compares both adapters on recorded calls of the deployment."
        fix = "Record calls first (docs/adapters.md says how), and name the file."
        yield Problem("parameters.recorded", message, fix, "required")
    if spec.parameters["equivalence"] == OFF:
        message = "Zero downtime compares both adapters just before the switch."
        yield Problem("parameters.equivalence", message, "Choose required or where_possible.", "contradiction")


def _of_samples(spec: Spec, state: Mapping[str, Any]) -> Iterator[Problem]:
    found = state["samples"]
    if "error" in found:
        message = found["error"]["message"]
        yield Problem("parameters.recorded", message, "Name a file of recorded calls.", found["error"]["code"])
    elif spec.options["zero_downtime"] and spec.parameters["recorded"]:
        counted = Samples({tool: ({},) * count for tool, count in found["tools"].items()})
        least, path = spec.parameters["recorded_least"], spec.parameters["recorded"]
        yield from lacking(counted, state["binds"]["tools"], least, path=path, age=None)

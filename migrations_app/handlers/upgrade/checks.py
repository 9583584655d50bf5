"""Every reason why a version upgrade cannot be planned like that."""

from collections.abc import Iterator
from dataclasses import replace

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.config.checks import problems_of as problems_of_configuration
from migrations_app.handlers.upgrade.parameters import PROJECT
from migrations_app.handlers.upgrade.pool import pool_problems, problems_of_error

# A version may change nothing in the files, and still be another one for the workers.
_NO_REASON_HERE = frozenset({"no_change"})


def problems_of(spec: Spec, analysis: Analysis) -> list[Problem]:
    found = problems_of_configuration(replace(spec, parameters={**spec.parameters, "restore": ""}), analysis)
    pool = analysis.target_state.get("pool")
    of_pool = pool_problems(pool, "parameters.to_version") if pool is not None else ()
    return [one for one in found if one.code not in _NO_REASON_HERE] + [*of_pool, *_of_project(analysis)]


def _of_project(analysis: Analysis) -> Iterator[Problem]:
    sources = analysis.target_state.get("sources", {})
    if "error" in sources:
        yield from problems_of_error(PROJECT, sources["name"], sources["error"])

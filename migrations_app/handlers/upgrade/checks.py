"""Every reason why a version upgrade cannot be planned like that."""

from collections.abc import Iterator
from dataclasses import replace

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis
from migrations_app.handlers.config.checks import problems_of as problems_of_configuration
from migrations_app.handlers.upgrade.parameters import POOL, PROJECT

# A version may change nothing in the files, and still be another one for the workers.
_NO_REASON_HERE = frozenset({"no_change"})


def problems_of(spec: Spec, analysis: Analysis) -> list[Problem]:
    found = problems_of_configuration(replace(spec, parameters={**spec.parameters, "restore": ""}), analysis)
    return [one for one in found if one.code not in _NO_REASON_HERE] + [*_of_pool(analysis), *_of_project(analysis)]


def _of_pool(analysis: Analysis) -> Iterator[Problem]:
    pool = analysis.target_state.get("pool")
    if pool is None:
        return
    if "error" in pool:
        yield from _of_error(POOL, pool["name"], pool["error"])
        return
    for message in pool["problems"]:
        yield Problem(f"targets.{POOL}", f"{pool['name']}: {message}", "Look at the pool first.", "pool_not_well")
    if pool["serving"] < pool["expected"]:
        message = f"{pool['name']} serves with {pool['serving']} of {pool['expected']} workers."
        yield Problem(f"targets.{POOL}", message, "Bring it up whole before it is changed.", "pool_not_whole")
    if not pool["waves"]:
        message = f"Every worker of {pool['name']} runs that release with that configuration."
        yield Problem("parameters.to_version", message, "Nothing to do.", "no_change")


def _of_project(analysis: Analysis) -> Iterator[Problem]:
    sources = analysis.target_state.get("sources", {})
    if "error" in sources:
        yield from _of_error(PROJECT, sources["name"], sources["error"])


def _of_error(role: str, name: str, error: dict[str, object]) -> Iterator[Problem]:
    problems = error["problems"]
    if isinstance(problems, list) and problems:
        yield from (Problem(*each) for each in problems)
        return
    message = f"“{name}” could not be looked at: {error['message']}"
    yield Problem(f"targets.{role}", message, "Test the target's connection.", "unreachable")

"""Whose a change log is, and which worker may still change it.

A rollback run goes on with the log of the run that it takes back, so workers are ranked by their run, then by token.
"""

from migrations_app.engine.errors import IllegalTransition, LeaseLost
from migrations_app.engine.ports import WorkerToken


def rank(worker: WorkerToken) -> tuple[int, int]:
    """By run number and token; `run:7` and `run:7:step:0` are of run 7. Raises ValueError for another scope."""
    return int(worker.scope.split(":")[1]), worker.token


def of_another(place: str, owner: int) -> IllegalTransition:
    return IllegalTransition(
        f"{place} has the change log of run {owner} already, and one database has one. Nothing was changed.",
        details={"run": owner},
        recovery_actions=(f"Finish or roll back run {owner}, which removes its log, then plan again.",),
    )


def outranked(worker: WorkerToken, place: str) -> LeaseLost:
    return LeaseLost(
        f"A later worker has the change log of {place}; {worker.scope} with token {worker.token} changed nothing."
    )

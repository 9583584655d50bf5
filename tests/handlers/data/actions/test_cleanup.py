from migrations_app.handlers.data import rejected
from migrations_app.handlers.data.actions.cleanup import Cleanup
from migrations_app.handlers.data.actions.copy import Copy
from migrations_app.stores.tables.base import Rejected
from tests.handlers.data.moves import Move, everything


def test_no_mark_stays_and_refused_rows_are_counted_by_reason(move: Move) -> None:
    move.parameters = {"on_reject": "quarantine"}
    before = {name for name, _ in everything(move.target)["schema"]}
    plan = move.plan()
    Copy().do(move.context("copy_01", plan=plan))
    ctx = move.context("cleanup", plan=plan)
    for key in ("1", "2"):
        rejected.Quarantine(ctx).put_aside(Rejected("orders", (key,), "Too long.", {}))
    for _ in range(2):
        result = Cleanup().do(ctx)

    assert result == {"rejected": 2, "tables": {"orders": {"rows": 2, "reasons": {"Too long.": 2}}}}
    assert {name for name, _ in everything(move.target)["schema"]} == before

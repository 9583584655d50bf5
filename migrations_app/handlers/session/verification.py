"""Running the comparison for an action, and saying what it found without naming a session."""

from collections.abc import Callable, Sequence

from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.session.comparison import Comparer, Comparison
from migrations_app.handlers.session.fingerprint import key_of
from migrations_app.handlers.session.parameters import LEAVE, SOURCE, TARGET
from migrations_app.handlers.session.sides import reader, reading

SHOWN = 5


def compare(
    ctx: ActionContext, tick: Callable[[int], None], settle: Callable[[Sequence[str]], None] | None = None
) -> Comparison:
    """Raises what `tick` raises. `settle`: see `Comparer`."""
    source, target = ctx.targets[SOURCE], ctx.targets[TARGET]
    with reading(source) as source_store, reading(target) as target_store:
        return Comparer(
            open_source=reader(source),
            source=source_store,
            target=target_store,
            fingerprint_key=key_of(ctx.extra),
            tolerance_ms=ctx.parameters["deadline_tolerance_ms"],
            batch_size=ctx.options["batch_size"],
            unreadable_allowed=ctx.parameters["unreadable"] == LEAVE,
            settle=settle,
            now_ms=lambda: int(ctx.clock.now().timestamp() * 1000),
        ).run(tick)


def mismatch(ctx: ActionContext, found: Comparison, *, went_on: str) -> DataCorruption:
    """The error for a comparison that found differences; its details name kinds and keyed fingerprints."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.kinds.items()))
    shown = ", ".join(f"{name} ({kind})" for kind, name in found.named[:SHOWN])
    more = "" if found.mismatches <= SHOWN else f" and {found.mismatches - SHOWN} more"
    why = (
        f" {found.source_moved} of them changed on “{ctx.targets[SOURCE].name}” while we looked: somebody writes there "
        "without following the route. Stop that writer before you try again."
        if found.source_moved
        else f" Either something else writes to “{ctx.targets[TARGET].name}”, or a client wrote to "
        f"“{ctx.targets[SOURCE].name}” without following the route."
    )
    return DataCorruption(
        f"“{ctx.targets[TARGET].name}” does not hold what “{ctx.targets[SOURCE].name}” holds: {kinds}. "
        f"{shown}{more}.{why} {went_on}",
        details={
            "mismatches": found.mismatches,
            "kinds": {str(kind): count for kind, count in sorted(found.kinds.items())},
            "differences": [{"kind": kind, "fingerprint": name} for kind, name in found.named],
            "source_moved": found.source_moved,
            "compared": found.compared,
        },
    )

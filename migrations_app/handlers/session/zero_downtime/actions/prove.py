"""Compare every session in both directions until a whole pass finds nothing; repair what differs (gates G1 and G2)."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import BUCKETS
from migrations_app.handlers.session import route
from migrations_app.handlers.session.rehearsing import caught_up_and_compared
from migrations_app.handlers.session.zero_downtime.background import panel_after, verifier
from migrations_app.handlers.session.zero_downtime.outages import waits_for_stores
from migrations_app.handlers.session.zero_downtime.pair import Pair, opened
from migrations_app.handlers.session.zero_downtime.relay import Relay

MOST_PASSES = 10


class Prove(Action):
    """Result: passes, compared, repaired. Afterwards the verifier goes on beside the steps.

    A rehearsal catches up once and compares: compared, mismatches (0), caught_up, changed_meanwhile, in_motion.
    """

    not_proven = "That the relay keeps both stores level: in a rehearsal nothing is relayed."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        record = route.current(ctx)
        repaired = ctx.checkpoint.get("repaired", 0)
        first = ctx.checkpoint.get("began_at") or ctx.clock.now().isoformat()
        with waits_for_stores(ctx), opened(ctx.targets, ctx.worker) as pair:
            for number in range(ctx.checkpoint.get("passes", 0) + 1, MOST_PASSES + 1):
                carry_all(ctx, pair)
                began, servers = ctx.clock.now(), _servers(pair)

                def tick(compared: int, number: int = number, repaired: int = repaired) -> None:
                    saved = {"passes": number - 1, "repaired": repaired, "began_at": first}
                    ctx.progress.save(saved, done=compared, total=_expected(ctx), unit="sessions")

                found = verifier(ctx, pair, record, tick).run()
                reach("session.prove.pass")
                repaired += found.repaired
                if _servers(pair) != servers:
                    ctx.log.warning(f"Pass {number} does not count: a server was started anew meanwhile.")
                    continue
                shown = ctx.live.shown(record.name).get("verifier", {})
                ctx.live.show(record.name, "verifier", panel_after(shown, found, began))
                if found.is_clean:
                    ctx.live.want("verifier")
                    return {
                        "passes": number,
                        "compared": found.compared,
                        "repaired": repaired,
                        "began_at": first,
                    }
                kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.kinds.items()))
                ctx.log.warning(
                    f"Pass {number}: {found.diverging} session(s) differed ({kinds}); {found.repaired} repaired."
                )
        raise DataCorruption(
            f"After {MOST_PASSES} passes with repairs the stores still differ; the source still serves. "
            "Something else writes to the target.",
            details=found.as_dict(),
        )

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return caught_up_and_compared(ctx)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"passes": "until one finds nothing"}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: comparing and repairing changed the target only.",)


def carry_all(ctx: ActionContext, pair: Pair) -> int:
    """Carry what is marked in the source, for as long as passes are full. The relay beside the steps does the same."""
    relay = Relay(pair.a, pair.b, pair.worker, pair.skew_ms())
    carried = 0
    while passed := len(relay.carry(range(BUCKETS)).ids):
        carried += passed
        ctx.progress.alive()
        if passed < 100:
            break
    return carried


def _expected(ctx: ActionContext) -> int | None:
    sessions: int | None = ctx.results.get("prepare", {}).get("sessions")
    return sessions


def _servers(pair: Pair) -> tuple[str, str]:
    return pair.a.incarnation(), pair.b.incarnation()

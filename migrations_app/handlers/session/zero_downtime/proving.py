"""What must be known of the source before it serves again: that it holds what the target has served meanwhile.

No gate stands before a way back, for a person in need must be able to take it at once. It is level at all times, and
the verifier says so pass by pass; only when that was not so lately is every session compared here, and mended.
"""

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.zero_downtime.background import verifier
from migrations_app.handlers.session.zero_downtime.hand_off import HandOffAborted
from migrations_app.handlers.session.zero_downtime.incarnations import PANEL
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in

MOST_PASSES = 10


def prove_source(ctx: ActionContext, pair: Pair, *, differs: bool = False) -> None:
    """Return once the source is level with what the target serves; at once when the last pass was clean and its server
    is the one that it was. `differs`: it is known not to be. Raises HandOffAborted when repairs did not help.
    """
    record = route.current(ctx)
    if not buckets_in(record, RoutePhase.DUAL_B) or not (differs or _is_doubtful(ctx, pair)):
        return
    ctx.log.warning("The source may lack what the target has served: every session is compared before it serves again.")
    for _ in range(MOST_PASSES):
        found = verifier(ctx, pair, record, lambda _: ctx.progress.alive()).run()
        if found.is_clean:
            return  # what was repaired is marked, and the hand-over carries it
        ctx.log.warning(f"{found.diverging} session(s) differed; {found.repaired} repaired.")
    raise HandOffAborted(f"After {MOST_PASSES} passes with repairs the stores still differ; the target serves on.")


def _is_doubtful(ctx: ActionContext, pair: Pair) -> bool:
    panels = ctx.live.shown(route.name_of(ctx))
    server = pair.a.incarnation()
    return not panels.get("verifier", {}).get("clean_since") or panels.get(PANEL, {}).get("a", server) != server

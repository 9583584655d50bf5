"""Every row of the table: a name, the configuration, and what the search must find.

A row with `expected` "" must hold in every reachable state. The others take one safeguard away, and must break the
property whose name the counterexample starts with.
"""

from dataclasses import dataclass, replace

from tests.model.state import Config

CORE = Config()
FEW = Config(backs=0, writes=1, deletes=0, stalls=0)
TWO = Config(backs=0, deletes=0, stalls=0)
SMALL = Config(backs=0)
ABORT = Config(backs=0, writes=1, aborts=1)
COLLECT = Config(backs=0, writes=1, collect=True)
DAMAGE = Config(backs=0, writes=1, damages=1, gate=True)
FAILOVER = Config(backs=0, writes=1, failovers=1)
RETREAT = Config(backs=0, writes=1, retreats=1)
FINISH = Config(backs=0, writes=1, finish=True)


@dataclass(frozen=True)
class Row:
    name: str
    config: Config
    expected: str = ""
    source: str = ""  # where the safeguard is asked for


def _less(base: Config, **changes: object) -> Config:
    """An ablation is judged by what clients see, unless it says otherwise."""
    return replace(base, **{"invariants": False, **changes})


REVERSE = _less(COLLECT, backs=1, writes=0, guard_backward=False)
UNVERIFIED = _less(DAMAGE, gate=False, verify_after_failover=False)

BASELINES = (
    Row("there and back", Config(writes=1)),
    Row("there, two writes", SMALL),
    Row("the driver stalls anywhere, another aborts", ABORT),
    Row("tombstones collected, there and back", replace(COLLECT, backs=1)),
    Row("replica damaged, verified, repaired", DAMAGE),
    Row("authority fails over and forgets", FAILOVER),
    Row("back to plain, and a second try", RETREAT),
    Row("single side, then retired", FINISH),
)

# Safeguards that the model cannot tell from their absence: others cover them within its bounds.
COVERED = (
    Row("no reservation, flip next to HANDOFF", replace(FEW, aborts=1, reserve=False), source="5.3 (a)"),
    Row("collection before the cursor passed", replace(COLLECT, guard_cursor=False), source="5.6"),
)

LARGER = (
    Row("there and back, two writes", CORE),
    Row("there, back and there again", Config(writes=1, forwards=2)),
    Row("the driver stalls, another aborts and tries again", Config(writes=1, deletes=0, aborts=1, forwards=2)),
    Row("the driver stalls in either hand-off", Config(writes=1, deletes=0, aborts=1)),
    Row("tombstones collected, two writes", replace(COLLECT, writes=2)),
    Row("two workers stall", Config(writes=1, stalls=2)),
    Row("replica damaged, two writes", replace(DAMAGE, writes=2)),
    Row("authority fails over, two writes", replace(FAILOVER, writes=2)),
)

ABLATIONS = (
    Row("barrier out of PLAIN_A", _less(FEW, barrier=False), "stale read", "5.3 phase 1"),
    Row("store-side fence on writes", _less(FEW, fence_writes=False), "stale read", "5.8"),
    Row("fence on reads", _less(FEW, fence_reads=False), "stale read", "5.8, I6"),
    Row("fence raised at all before the drain", _less(FEW, first_fence=False), "stale read", "5.3 (c)"),
    Row("drain after the fence", _less(FEW, drain_after_fence=False), "stale read", "5.3 (d)"),
    Row("fence before the flip is published", _less(FEW, fence_before_flip=False), "stale read", "5.3 (f)"),
    Row("compare-and-set on publish", _less(FEW, aborts=1, publish_cas=False), "stale read", "5.3 (g)"),
    Row("epochs reserved (flip two above HANDOFF)", _less(FEW, aborts=1, reserve=False, gap=2), "outage", "5.3 (a)"),
    Row("an abort only out of the hand-off", _less(FEW, aborts=1, abort_looks=False), "stale read", "model"),
    Row("fences only grow", replace(FEW, aborts=1, fence_grows=False), "I7", "I7"),
    Row("fence of the replica at initialisation", replace(FEW, fence_replica=False), "canary", "7"),
    Row("apply-if-newer", _less(FEW, apply_if_newer=False), "stale read", "5.8"),
    Row("unversioned records yield", _less(FEW, unversioned_yields=False), "stale read", "adopt"),
    Row("tombstones", _less(SMALL, writes=0, tombstones=False), "resurrected", "5.8"),
    Row("mark in the same write", _less(FEW, journal="after"), "stale read", "5.2"),
    Row("marks at all", _less(FEW, journal="none"), "stale read", "5.2"),
    Row("acknowledgement compares the version", _less(TWO, token_ack=False), "stale read", "5.5"),
    Row("acknowledgement after the apply", _less(FEW, ack_after_apply=False), "stale read", "5.5"),
    Row("end of data by an explicit marker", _less(FEW, end_marker=False), "stale read", "5.5"),
    Row("version of the newest epoch, not the client's", _less(TWO, mint="client"), "stale read", "model"),
    Row("newest epoch of the bucket, not the session", _less(COLLECT, mint="record"), "stale read", "model"),
    Row("seq taken under the session's lock", _less(TWO, counter="early"), "stale read", "model"),
    Row("seq of the bucket, not the session", _less(COLLECT, counter="key"), "stale read", "5.2"),
    Row("collection waits for workers", _less(COLLECT, writes=0, guard_workers=False), "resurrected", "5.6"),
    Row("collection waits for the forward journal", _less(COLLECT, guard_forward=False), "resurrected", "5.6"),
    Row("collection waits for the reverse journal", REVERSE, "resurrected", "5.6"),
    Row("repair by a new version, not apply alone", _less(DAMAGE, repair="adopt"), "repair", "7"),
    Row("repair compares version and value", _less(DAMAGE, repair="blind"), "stale read", "7"),
    Row("verification before and in the hand-off", UNVERIFIED, "resurrected", "5.3 (e)"),
    Row("epoch bump after a failover", _less(FAILOVER, bump_after_failover=False), "repair", "7, F11"),
    Row("verification after a failover", _less(FAILOVER, verify_after_failover=False), "stale read", "7, F11"),
    Row("workers fenced after a failover", _less(FAILOVER, fence_workers_after_failover=False), "stale read", "7, F11"),
    Row("structures stay until all are plain", _less(RETREAT, acks_before_leaving=False), "structures", "R35"),
    Row("retiring waits for every client", _less(FINISH, acks_before_leaving=False), "structures", "R35"),
    Row("replica emptied before a second try", _less(RETREAT, empty_replica=False), "resurrected", "model"),
    Row(
        "workers fenced before plain writes (back)",
        _less(RETREAT, fence_workers_before_plain=False),
        "stale read",
        "model",
    ),
    Row(
        "workers fenced before plain writes (retired)",
        _less(FINISH, fence_workers_before_plain=False),
        "resurrected",
        "model",
    ),
)

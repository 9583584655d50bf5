"""Guards switched off, and the fault that must turn red without each (PROTOCOL 6, O9).

A fault that stays green without its guard does not test it; the mutant run says so, and fails.
"""

from collections.abc import Mapping

from tests.faults.zero_downtime.registry import Row

#: What a broken rig says, and a broken product need not; O8: the fault did not take place, so no guard was needed.
NOT_BY_AN_ORACLE = ("Traceback", "ended by itself", "did not come true", "did not end in time", "the rig ended", "O8 ")

#: Guard -> faults, of which one at least must be broken without it.
RED_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "apply_if_newer": ("F21",),
    "store_fence_write": ("F15",),
    "store_fence_read": ("F15",),
    "token_ack": ("F20",),
    "tombstones": ("F21",),
    "tombstone_guard": ("F21",),
    "drain_after_fence": ("F15",),
    "fence_before_publish": ("F15",),
    "reserve_epochs": ("F12",),
    "publish_cas": ("F12",),
    "barrier": ("F28",),
    "worker_fence": ("F2",),
    "verify_gate": ("F18",),
}


def harmed(row: Row) -> list[str]:
    """What oracles and expectations said against the run; a client or rig that fell over does not count."""
    return [problem for problem in row.problems if not any(word in problem for word in NOT_BY_AN_ORACLE)]

"""Guards switched off, and the fault that must turn red without each (PROTOCOL 6, O9).

A fault that stays green without its guard does not test it; the mutant run says so, and fails.
"""

from collections.abc import Mapping

#: Guard -> faults, of which one at least must be broken without it.
RED_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "apply_if_newer": ("F2", "F21"),
    "store_fence_write": ("F14",),
    "store_fence_read": ("F14",),
    "token_ack": ("F20", "F0"),
    "tombstones": ("F21",),
    "tombstone_guard": ("F21",),
    "drain_after_fence": ("F9", "F0"),
    "fence_before_publish": ("F14", "F0"),
    "reserve_epochs": ("F12",),
    "publish_cas": ("F12", "F2"),
    "barrier": ("F27", "F15"),
    "worker_fence": ("F2",),
    "verify_gate": ("F18", "F19"),
}

"""Guards switched off, and the fault that must turn red without each (PROTOCOL 6, O9).

A fault that stays green without its guard does not test it; the mutant run says so, and fails.
"""

from collections.abc import Mapping

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

"""The guards that a fault test can switch off, to see that it turns red without them (PROTOCOL 6, O9).

Every guard is on. `SNAKEWEB_GUARDS_OFF="store_fence_write,barrier"` switches these off in one process; it is for
tests and is refused while `SNAKEWEB_ALLOWED_HOSTS` is set, as crash points are. No other switch may take a guard away.
"""

import os
from collections.abc import Mapping

VARIABLE = "SNAKEWEB_GUARDS_OFF"
_PRODUCTION = "SNAKEWEB_ALLOWED_HOSTS"

#: Name -> what goes wrong without it; each is one "remove" line of PROTOCOL 5.8.
GUARDS: Mapping[str, str] = {
    "apply_if_newer": "a late copy replaces what is newer",
    "store_fence_write": "a client of an older epoch writes to a store that serves no more",
    "store_fence_read": "a client of an older epoch reads what is outdated",
    "token_ack": "a mark goes although its session has changed since it was carried",
    "tombstones": "a deleted session leaves nothing that refuses a late copy of it",
    "tombstone_guard": "a tombstone goes while somebody may still bring an older record",
    "drain_after_fence": "the journal is called empty while writes under way still land",
    "fence_before_publish": "the new authority is published while the old one still accepts",
    "reserve_epochs": "an abort publishes an epoch that a store already refuses",
    "publish_cas": "a stalled driver publishes over a newer record",
    "barrier": "the next phase begins while a client still goes by an older one",
    "worker_fence": "a replaced driver's late call takes effect in a store",
    "verify_gate": "a hand-over begins although the stores differ",
}


class GuardsRefused(RuntimeError):
    """Guards may only be off in tests; this looks like production, or there is no such guard."""


def from_environment(environment: Mapping[str, str]) -> frozenset[str]:
    """The guards that are off. Raises GuardsRefused beside `SNAKEWEB_ALLOWED_HOSTS`, and for an unknown name."""
    names = frozenset(filter(None, (name.strip() for name in environment.get(VARIABLE, "").split(","))))
    if names and environment.get(_PRODUCTION):
        raise GuardsRefused(f"{VARIABLE} is for tests and is refused while {_PRODUCTION} is set.")
    if unknown := names - GUARDS.keys():
        raise GuardsRefused(f"{VARIABLE} names no guard: {', '.join(sorted(unknown))}.")
    return names


_off = from_environment(os.environ)


def guard_is_on(name: str) -> bool:
    """Whether the guard holds in this process. Raises KeyError for a name that is no guard."""
    if name not in GUARDS:
        raise KeyError(name)
    return name not in _off

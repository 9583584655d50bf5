"""Keeping the audit chain sealed, and its checkpoints where the database's writers do not reach them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from migrations_app.engine.alerts import AlertCause
from migrations_app.models import AuditPlace
from migrations_app.proofs.checkpoint import SignedCheckpoint
from migrations_app.runtime import alerting, sealing
from migrations_app.runtime.alerting import Matter
from migrations_app.runtime.checkpoint_places import Place, PlaceUnusable, place_at

logger = logging.getLogger(__name__)
MOST_PROBLEM = 500
AT_ONCE = 200  # checkpoints written to one place at one call


@dataclass(frozen=True, slots=True)
class Sealed:
    """What one call did: checkpoints made, and written to a place."""

    made: int
    written: int


def seal_audit(*, now: datetime) -> Sealed:
    """Seal what is due and write every checkpoint to each place that has not got it; a background loop calls this.

    Neither is an entry of the trail: there would be something new to seal each time. A place that cannot be written
    keeps its problem for people to see, and is tried again at the next call.
    """
    try:
        made = len(sealing.seal_due(now))
    except sealing.ChainDamaged as error:
        logger.error("the audit chain was not sealed: %s", error)
        with transaction.atomic():
            alerting.fire(AlertCause.CHAIN_BROKEN, Matter("sealing", f"Not sealed: {error}.", "/audit/"), now=now)
        made = 0
    return Sealed(made, sum(_written(place, now) for place in places()))


def places() -> list[Place]:
    return [place_at(url) for url in settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS]


def outside() -> Mapping[str, Mapping[int, SignedCheckpoint]]:
    """Checkpoints as each place holds them that can be read; one that cannot is left out, and its problem is kept."""
    found: dict[str, Mapping[int, SignedCheckpoint]] = {}
    for place in places():
        try:
            known = place.read()
        except PlaceUnusable as error:
            AuditPlace.objects.update_or_create(name=place.name, defaults={"problem": str(error)[:MOST_PROBLEM]})
            continue
        if known is not None:
            found[place.name] = known
    return found


def _written(place: Place, now: datetime) -> int:
    row, _ = AuditPlace.objects.get_or_create(name=place.name)
    count, problem = 0, ""
    try:
        for one in sealing.checkpoints(range(row.written_through + 1, row.written_through + 1 + AT_ONCE)):
            place.write(one)
            row.written_through, row.written_at, count = one.checkpoint.number, now, count + 1
    except PlaceUnusable as error:
        problem = str(error)[:MOST_PROBLEM]
        logger.warning("audit checkpoints were not written: %s", problem)
    if count or problem != row.problem:
        row.problem = problem
        row.save()
    return count

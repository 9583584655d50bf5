"""What auditors ask for most often, each as the filters that answer it."""

from collections.abc import Mapping
from dataclasses import dataclass

from migrations_app.models import Environment
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission
from migrations_app.selectors.audit_chain import auditor
from migrations_app.selectors.audit_kinds import Topic

_MOST_ENVIRONMENTS = 3


@dataclass(frozen=True, slots=True)
class Preset:
    """`filters` are members of the page's address."""

    label: str
    filters: Mapping[str, str]


def audit_presets(*, actor: Actor) -> tuple[Preset, ...]:
    """Those of runs are for protected environments that the actor may audit. Raises PermissionDenied."""
    here = auditor(actor).within(Permission.READ_AUDIT, "pk")
    protected = Environment.objects.filter(here, protected=True).order_by("-position")[:_MOST_ENVIRONMENTS]
    return (
        Preset("Last day", {"within": "1d"}),
        Preset("Denials", {"outcome": "denied"}),
        Preset("Signatures", {"topic": Topic.SIGNATURES}),
        Preset("Break-glass", {"topic": Topic.EMERGENCIES}),
        Preset("Changes of rights", {"topic": Topic.RIGHTS}),
        *(Preset(f"Runs in {one.name}", {"topic": Topic.RUNS, "environment": one.name}) for one in protected),
        Preset("Policies", {"topic": Topic.POLICIES}),
        Preset("Reads and exports", {"topic": Topic.EXPORTS}),
    )

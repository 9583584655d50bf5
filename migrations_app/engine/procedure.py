"""What a migration does, whichever targets it does it to: the identity by which a run elsewhere proves this one."""

from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.plan import content_digest

PROCEDURE_FORMAT = 1
# How strictly a run is guarded and reported, not what it does: these may be stricter in the next environment.
GUARDS = frozenset(
    {
        "alert_on_failure",
        "approval_required",
        "backup_retention",
        "dry_run",
        "dry_run_required",
        "progress_reporting",
        "validation_level",
    }
)


def procedure_digest(spec: Spec, handler: Handler) -> str:
    """SHA-256 (hex) of type, handler with its version, parameters, options, and what kind of target fills each role.

    Without names: not the environment, not the targets, not the parameters that name something of a place
    (`Field.names_something_of_the_place`), and without `GUARDS`. The spec's parameters and options are the effective
    ones. Empty for values that cannot be signed, which the planner refuses by name.
    """
    places = {field.name for field in handler.parameters if field.names_something_of_the_place}
    content = {
        "format": PROCEDURE_FORMAT,
        "type": str(spec.type),
        "handler": handler.name,
        "handler_version": handler.version,
        "parameters": {name: value for name, value in spec.parameters.items() if name not in places},
        "options": {name: value for name, value in spec.options.items() if name not in GUARDS},
        "targets": {
            role: {
                "kind": str(target.kind),
                "store": str(target.config.get("store") or target.config.get("engine", "")),
            }
            for role, target in spec.targets.items()
        },
    }
    try:
        return content_digest(content)
    except ValueError:
        return ""

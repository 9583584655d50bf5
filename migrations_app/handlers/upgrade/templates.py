"""Sample plans of the version upgrade."""

from migrations_app.engine.plan_template import PlanTemplate

ROLLING = PlanTemplate(
    name="rolling_upgrade",
    title="Upgrade a pool in waves",
    when="A service that has to go on serving goes to another Snakepit version.",
    does=(
        "Rewrites the configuration, each change with its rule and reason, and keeps a snapshot",
        "Says which lines of the code the new version breaks",
        "Starts a worker with the new version, waits until it is healthy, drains an old one, and so on",
        "Stops and brings everything back when a new worker does not get healthy",
    ),
    downtime="none; the pool keeps its size",
    reversible="yes: the files byte for byte, then the workers in waves",
    needs=(
        "A configuration target, and a worker pool that can start workers in a version (drivers http and process)",
        "The new version installed where the workers run",
    ),
    suggested_title="Upgrade to Snakepit 0.13",
    parameters={"to_version": "0.13.0"},
)

TEMPLATES = (ROLLING,)

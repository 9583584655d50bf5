"""Sample plans of the configuration migration."""

from migrations_app.engine.plan_template import PlanTemplate

UPGRADE = PlanTemplate(
    name="upgrade",
    title="Rewrite a configuration for another version",
    when="A deployment goes to another Snakepit version, and its configuration has to mean there what it means now.",
    does=(
        "Finds the version that the files were written for, and shows each change with its rule and reason",
        "Keeps a snapshot of every file, then writes all of them or none; comments and untouched lines stay",
        "Reads the files again and judges them by the new version",
    ),
    downtime="none; services read the new files when they start again",
    reversible="yes, byte for byte, until somebody edits the files",
    needs=("A configuration target below a folder that the workers may use",),
    suggested_title="Rewrite the configuration for Snakepit 0.13",
    parameters={"to_version": "0.13.0"},
)

TEMPLATES = (UPGRADE,)

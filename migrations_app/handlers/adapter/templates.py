"""Sample plans of the adapter migration."""

from migrations_app.engine.plan_template import PlanTemplate

PROVEN = PlanTemplate(
    name="proven",
    title="Move to the generic adapter, with proof",
    when="An adapter mostly hands its arguments to libraries, and nobody wants to keep that code.",
    does=(
        "Reads the adapter without running it, and says of each tool whether an entry means the same, and why not",
        "Runs both side by side in a sandbox and shows the first difference, before anything is written",
        "Adds the generic adapter and its configuration, and rewrites the calls; all files or none",
        "Restarts the workers in waves where a pool is named",
    ),
    downtime="none with a worker pool; otherwise until the workers are restarted",
    reversible="yes: byte for byte, also after the run, while the backup is kept",
    needs=(
        "The project's directory, which the workers import from",
        "bubblewrap on the worker's machine, for the comparison",
    ),
    suggested_title="Serve tools by the generic adapter",
)

LIVE = PlanTemplate(
    name="live",
    title="Without downtime, proven on live calls",
    when="The deployment has to go on serving, and generated cases are not proof enough.",
    does=(
        "Compares both adapters on calls that the deployment recorded lately, right before the switch",
        "Goes on with the custom adapter for tools that no entry can say",
        "Restarts the workers in waves, and brings everything back when one does not get healthy",
    ),
    downtime="none; the pool keeps its size",
    reversible="yes: the calls byte for byte, then the workers in waves",
    needs=(
        "A worker pool that can start workers in a generation (drivers http and process)",
        "A file of recorded calls (docs/adapters.md says how)",
    ),
    suggested_title="Serve tools by the generic adapter, live",
    parameters={"manual_tools": "keep_custom", "recorded": "calls.jsonl"},
    options={"zero_downtime": True},
)

TEMPLATES = (PROVEN, LIVE)

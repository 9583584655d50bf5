"""Sample plans of the session migration. Facts here are promises of `docs/guarantees.md`, not hopes."""

from migrations_app.engine.plan_template import PlanTemplate

STANDARD_MOVE = PlanTemplate(
    name="standard",
    title="Standard move",
    when="The usual choice: writes may wait for some seconds at the switch, reads never do.",
    does=(
        "Backs up the source, then copies every session with its deadline while services go on",
        "Catches up with what changed meanwhile",
        "Lets writes wait, compares both stores session by session, and switches the route",
    ),
    downtime="writes wait at the switch",
    reversible="yes, also after the run",
    needs=("A source that serves sessions", "An empty target that can be written to"),
    suggested_title="Move sessions to a new store",
)

ZERO_DOWNTIME_MOVE = PlanTemplate(
    name="zero-downtime",
    title="Zero-downtime move",
    when="Users must not notice: the stores are kept level, and buckets are handed over in waves behind gates.",
    does=(
        "Keeps both stores level while services read and write",
        "Hands over one bucket of 256 as a canary, then a tenth, then all, when a person releases it",
        "Keeps the old store level through a soak, so that everything can be brought back at once",
    ),
    downtime="none; a bucket's writes wait 2 s at most",
    reversible="yes, at once until it is completed",
    needs=(
        "Services that use the session router or the gateway",
        "Redis, PostgreSQL or SQLite on both sides",
    ),
    suggested_title="Move sessions without downtime",
    parameters={"hand_over": "released", "soak_ms": 900_000},
    options={"zero_downtime": True},
)

SNAPSHOT_MOVE = PlanTemplate(
    name="snapshot",
    title="Maintenance move with a snapshot file",
    when="In a maintenance window: put the sessions into a file, or bring them back from one.",
    does=(
        "Copies every session with its deadline into a file (lines of JSON, or Erlang terms), or from it into a store",
        "Checks every session against the other side before the route is switched",
        "Waits longer for the pause: nobody is served while a file is the authority",
    ),
    downtime="until the sessions are in a store again",
    reversible="yes, also after the run",
    needs=(
        "A snapshot file as source or target, below a folder that the workers may use",
        "A window in which users may wait",
    ),
    suggested_title="Put sessions into a snapshot for maintenance",
    description="Done in a maintenance window; services are stopped or wait meanwhile.",
    parameters={"catch_up_passes": 1, "write_pause_limit_ms": 3_600_000},
    options={"parallel_workers": 1},
)

NODE_MOVE = PlanTemplate(
    name="node",
    title="Hand over a live Snakepit node",
    when="The sessions lie in the memory of a node that must go on serving its callers.",
    does=(
        "Marks on the node which sessions its callers change, copies all, and carries what is marked",
        "Stops the session server for a moment, carries the rest, and puts a forwarder in its place",
        "Brings everything back, and the store's own code, when that is asked for",
    ),
    downtime="none; callers wait 2 s at most, once",
    reversible="yes, at once until it is completed",
    needs=(
        "A Redis store of Erlang terms (layout string, codec etf) that the node reaches; or any other store with a "
        "snakeweb-gateway before it, whose URL and token are on the node's target",
        "A node that loads code: any Elixir release does",
    ),
    suggested_title="Hand over a node's sessions",
    parameters={"hand_over": "released"},
    options={"zero_downtime": True},
)

TEMPLATES = (STANDARD_MOVE, ZERO_DOWNTIME_MOVE, NODE_MOVE, SNAPSHOT_MOVE)

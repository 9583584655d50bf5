"""Sample plans of the data migration. Facts here are promises of `docs/guarantees.md`, not hopes."""

from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.handlers.data.parameters import EMPTY, QUARANTINE

COPY = PlanTemplate(
    name="copy",
    title="Copy into an empty database",
    when="The usual choice: the tables go to a database that has none of them, or has them empty.",
    does=(
        "Creates the tables that are missing, and copies rows in chunks that can be taken up again",
        "Builds indexes and foreign keys after the copy, and sets the sequences on",
        "Compares every row on both sides by digests, and mends and names what differs",
    ),
    downtime="writes to the source have to rest meanwhile",
    reversible="yes: the tables that it made are dropped again, the others emptied",
    needs=("A database to read", "A database to write to, with room"),
    suggested_title="Move the tables to a new database",
)

REPLACE = PlanTemplate(
    name="replace",
    title="Replace what the target holds",
    when="The target's tables hold rows that are to give way to the source's.",
    does=(
        "Backs the target's rows up, encrypted, and removes them",
        "Copies and compares as into an empty database",
        "Puts the old rows back when it is rolled back",
    ),
    downtime="the target's tables are not to be used until the run has ended",
    reversible="yes: from the backup, row by row",
    needs=("A database to read", "A database whose tables may be emptied"),
    suggested_title="Replace the tables of a database",
    parameters={"existing": EMPTY},
)

CLEAN_UP = PlanTemplate(
    name="quarantine",
    title="Copy what can be copied",
    when="The source holds rows that the target refuses, like impossible dates, and they are looked at afterwards.",
    does=(
        "Copies as into an empty database",
        "Keeps each refused row with its reason in an encrypted file, up to a limit",
        "Counts and compares: the source's rows are the target's and the refused ones together",
    ),
    downtime="writes to the source have to rest meanwhile",
    reversible="yes: the tables that it made are dropped again, the others emptied",
    needs=("A database to read", "Somebody who looks at the refused rows"),
    suggested_title="Move the tables, and put refused rows aside",
    parameters={"on_reject": QUARANTINE},
)

TEMPLATES = (COPY, REPLACE, CLEAN_UP)

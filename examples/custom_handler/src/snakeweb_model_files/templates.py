"""Sample plans: what the form of a new migration offers to begin with."""

from migrations_app.handlers import PlanTemplate

TEMPLATES = (
    PlanTemplate(
        name="copy",
        title="Copy the models",
        when="Two projects are to serve the same models for a while.",
        does=("Measures every file.", "Copies what the other project lacks.", "Compares both sides by SHA-256."),
        downtime="none",
        reversible="yes: the copies are removed",
        suggested_title="Copy the models",
    ),
    PlanTemplate(
        name="move",
        title="Move the models",
        when="The old project serves no more.",
        does=("Copies and compares them.", "Waits for a person.", "Takes them from the source."),
        downtime="none for the new project",
        reversible="yes: they are copied back",
        suggested_title="Move the models",
        options={"cleanup_source": True},
    ),
)

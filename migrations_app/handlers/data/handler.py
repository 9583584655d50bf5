"""The data migration, as the engine sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrations_app.engine.background import Background
from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Action, Handler, Spec, TargetRole
from migrations_app.engine.plan import Analysis, Step, Target
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.data import steps
from migrations_app.handlers.data.actions.backup import Backup
from migrations_app.handlers.data.actions.cleanup import Cleanup
from migrations_app.handlers.data.actions.copy import Copy
from migrations_app.handlers.data.actions.create import Create
from migrations_app.handlers.data.actions.empty import Empty
from migrations_app.handlers.data.actions.indexes import Indexes
from migrations_app.handlers.data.actions.prepare import Prepare
from migrations_app.handlers.data.actions.sequences import Sequences
from migrations_app.handlers.data.actions.verify import Verify
from migrations_app.handlers.data.analysis import analyse
from migrations_app.handlers.data.checks import problems_of
from migrations_app.handlers.data.live.composing import live_actions, live_background
from migrations_app.handlers.data.parameters import PARAMETERS, SOURCE, TARGET, UNUSED_OPTIONS
from migrations_app.handlers.data.risk import RULES
from migrations_app.handlers.data.templates import TEMPLATES
from migrations_app.stores.tables.scratch import scratch_config, why_no_scratch


class DataMigration(Handler):
    """Rows are copied in chunks, each with its mark in one transaction, and compared by digests on both sides.

    The source is only read; while it keeps changing it has triggers that note what does. What the target held is
    backed up first, and put back by a rollback.
    """

    name = "data"
    version = "1"
    type = MigrationType.DATA
    label = "Data migration"
    summary = "Copy tables from one database to another, compare every row, and mend and name what differs."
    roles = (
        TargetRole(
            SOURCE,
            (TargetKind.DATABASE,),
            "Source",
            "The database whose tables are copied. It is only read, save that one which keeps changing gets triggers.",
        ),
        TargetRole(TARGET, (TargetKind.DATABASE,), "Target", "The database that gets them."),
    )
    parameters = PARAMETERS
    unused_options = UNUSED_OPTIONS
    risk_rules = RULES
    templates = TEMPLATES

    def analyze(self, spec: Spec) -> Analysis:
        """A database that does not answer shows up in its state, and as a problem of `check`."""
        return analyse(spec)

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return problems_of(spec, analysis)

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return steps.steps_of(spec, analysis)

    def actions(self) -> Mapping[str, Action]:
        return {
            steps.PREPARE: Prepare(),
            steps.BACKUP: Backup(),
            steps.CREATE: Create(),
            steps.EMPTY_TABLES: Empty(),
            steps.COPY: Copy(),
            steps.INDEXES: Indexes(),
            steps.SEQUENCES: Sequences(),
            steps.VERIFY: Verify(),
            steps.CLEANUP: Cleanup(),
            **live_actions(),
        }

    def background(self) -> Mapping[str, Background]:
        return live_background()

    def why_no_rehearsal(self, targets: Mapping[str, Target]) -> str:
        return why_no_scratch(targets[TARGET].config)

    def scratch(self, targets: Mapping[str, Target], run_id: int) -> Mapping[str, Target]:
        target = targets[TARGET]
        config = scratch_config(target.config, run_id)
        return {**targets, TARGET: replace(target, name=f"{target.name} (rehearsal)", config=config)}

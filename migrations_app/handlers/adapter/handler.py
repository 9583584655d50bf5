"""The adapter migration, as the engine sees it."""

from collections.abc import Mapping, Sequence

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Action, Handler, Spec, TargetRole
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.adapter import steps
from migrations_app.handlers.adapter.actions.analyze import Analyze
from migrations_app.handlers.adapter.actions.backup import Backup
from migrations_app.handlers.adapter.actions.change import ChangeFiles
from migrations_app.handlers.adapter.actions.compare_samples import CompareSamples
from migrations_app.handlers.adapter.actions.validate import Validate
from migrations_app.handlers.adapter.actions.verify import Verify
from migrations_app.handlers.adapter.checks import problems_of
from migrations_app.handlers.adapter.making.outcome import CALLS, CLEANUP, CONFIGURE
from migrations_app.handlers.adapter.parameters import PARAMETERS, POOL, PROJECT, UNUSED_OPTIONS
from migrations_app.handlers.adapter.planning import analyse
from migrations_app.handlers.adapter.risk import RULES
from migrations_app.handlers.adapter.templates import TEMPLATES
from migrations_app.handlers.upgrade.actions.confirm import Confirm
from migrations_app.handlers.upgrade.actions.note_release import NoteRelease
from migrations_app.handlers.upgrade.actions.roll import Roll
from migrations_app.handlers.upgrade.steps import CONFIRM, NOTE, ROLL


class AdapterMigration(Handler):
    """Tools of a custom Python adapter go over to the generic adapter, each with evidence that it answers the same."""

    name = "adapter"
    version = "1"
    type = MigrationType.ADAPTER
    label = "Adapter migration"
    summary = "Serve the tools of a custom Python adapter by the generic adapter, and show that they answer the same."
    roles = (
        TargetRole(
            PROJECT,
            (TargetKind.ADAPTER_PROJECT,),
            "Project",
            "The code of the adapter and of those who call it. It gets the generic adapter, and its calls change.",
        ),
        TargetRole(
            POOL,
            (TargetKind.WORKER_POOL,),
            "Worker pool",
            "Its workers are restarted in waves. Without one somebody restarts them by hand.",
            required=False,
        ),
    )
    parameters = PARAMETERS
    unused_options = UNUSED_OPTIONS
    risk_rules = RULES
    templates = TEMPLATES

    def analyze(self, spec: Spec) -> Analysis:
        """What cannot be looked at shows up in its part of the state, and as a problem of `check`."""
        return analyse(spec)

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return problems_of(spec, analysis)

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return steps.steps_of(spec, analysis)

    def actions(self) -> Mapping[str, Action]:
        return {
            steps.ANALYZE: Analyze(),
            steps.VALIDATE: Validate(),
            steps.BACKUP: Backup(),
            CONFIGURE: ChangeFiles(),
            steps.SAMPLES: CompareSamples(),
            NOTE: NoteRelease("No call and no worker was changed."),
            CALLS: ChangeFiles(),
            ROLL: Roll(),
            steps.VERIFY: Verify(),
            CONFIRM: Confirm(),
            CLEANUP: ChangeFiles(),
        }

"""The version upgrade, as the engine sees it."""

from collections.abc import Mapping, Sequence

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Action, Handler, Spec, TargetRole
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import ClaimMode, MigrationType, TargetKind
from migrations_app.handlers.config.actions.backup import Backup
from migrations_app.handlers.config.actions.validate import Validate
from migrations_app.handlers.config.actions.verify import Verify
from migrations_app.handlers.config.actions.write import Write
from migrations_app.handlers.config.parameters import UNUSED_OPTIONS
from migrations_app.handlers.upgrade import steps
from migrations_app.handlers.upgrade.actions.confirm import Confirm
from migrations_app.handlers.upgrade.actions.note_release import NoteRelease
from migrations_app.handlers.upgrade.actions.roll import Roll
from migrations_app.handlers.upgrade.analysis import analyse
from migrations_app.handlers.upgrade.checks import problems_of
from migrations_app.handlers.upgrade.parameters import CONFIGURATION, PARAMETERS, POOL, PROJECT
from migrations_app.handlers.upgrade.risk import RULES
from migrations_app.handlers.upgrade.templates import TEMPLATES


class VersionUpgrade(Handler):
    """The configuration is rewritten, then every worker is restarted in waves while the pool serves.

    Workers that do not get healthy stop it; then the files are given back first, and the workers after them.
    """

    name = "upgrade"
    version = "1"
    type = MigrationType.UPGRADE
    label = "Version upgrade"
    summary = "Take a service to another Snakepit version: its configuration, its code's readiness, and its workers."
    roles = (
        TargetRole(CONFIGURATION, (TargetKind.CONFIG_FILE,), "Configuration", "The files that the workers start with."),
        TargetRole(POOL, (TargetKind.WORKER_POOL,), "Worker pool", "Its workers are restarted in waves."),
        TargetRole(
            PROJECT,
            (TargetKind.ADAPTER_PROJECT,),
            "Project",
            "The code that runs there. It is only read: what the new version breaks is said beside its line.",
            required=False,
            claim=ClaimMode.SHARED,
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
            steps.BACKUP: Backup(),
            steps.VALIDATE: Validate(),
            steps.NOTE: NoteRelease(),
            steps.WRITE: Write(),
            steps.ROLL: Roll(),
            steps.VERIFY: Verify(),
            steps.CONFIRM: Confirm(),
        }

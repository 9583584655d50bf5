"""The session migration, as the engine sees it."""

from collections.abc import Mapping, Sequence

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Action, Handler, Spec, TargetRole
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.session.actions.backup import Backup
from migrations_app.handlers.session.actions.cleanup import Cleanup
from migrations_app.handlers.session.actions.initialise import Initialise
from migrations_app.handlers.session.actions.prepare import Prepare
from migrations_app.handlers.session.actions.switch import Switch
from migrations_app.handlers.session.actions.transfer import Transfer
from migrations_app.handlers.session.actions.validate_target import ValidateTarget
from migrations_app.handlers.session.actions.verify import Verify
from migrations_app.handlers.session.analysis import analyse
from migrations_app.handlers.session.checks import problems_of
from migrations_app.handlers.session.parameters import PARAMETERS, SOURCE, TARGET
from migrations_app.handlers.session.risk import RULES
from migrations_app.handlers.session.steps import steps_of


class SessionMigration(Handler):
    """Standard mode: bulk copy, catch-up, a short write pause, verification both ways, switch."""

    name = "session"
    version = "1"
    type = MigrationType.SESSION
    label = "Session migration"
    summary = "Move every live session to another store, with its deadline, and switch routing once all is verified."
    roles = (
        TargetRole(SOURCE, (TargetKind.SESSION_STORE,), "Source", "The store that serves the sessions now."),
        TargetRole(TARGET, (TargetKind.SESSION_STORE,), "Target", "The empty store that is going to serve them."),
    )
    parameters = PARAMETERS
    risk_rules = RULES

    def analyze(self, spec: Spec) -> Analysis:
        """A store that does not answer shows up in its state, and as a problem of `check`."""
        return analyse(spec)

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return problems_of(spec, analysis)

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return steps_of(spec, analysis)

    def actions(self) -> Mapping[str, Action]:
        return {
            "prepare": Prepare(),
            "validate_target": ValidateTarget(),
            "backup": Backup(),
            "initialise": Initialise(),
            "transfer": Transfer(),
            "switch": Switch(),
            "verify": Verify(),
            "cleanup": Cleanup(),
        }

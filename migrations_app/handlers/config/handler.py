"""The configuration migration, as the engine sees it."""

from collections.abc import Mapping, Sequence

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Action, Handler, Spec, TargetRole
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from migrations_app.handlers.config.actions.backup import Backup
from migrations_app.handlers.config.actions.validate import Validate
from migrations_app.handlers.config.actions.verify import Verify
from migrations_app.handlers.config.actions.write import Write
from migrations_app.handlers.config.analysis import analyse
from migrations_app.handlers.config.checks import problems_of
from migrations_app.handlers.config.parameters import PARAMETERS, TARGET, UNUSED_OPTIONS
from migrations_app.handlers.config.risk import RULES
from migrations_app.handlers.config.steps import steps_of
from migrations_app.handlers.config.templates import TEMPLATES


class ConfigMigration(Handler):
    """Files are converted by rules that keep what a configuration really does, or given back from a snapshot."""

    name = "config"
    version = "1"
    type = MigrationType.CONFIG
    label = "Configuration migration"
    summary = "Rewrite a configuration for another Snakepit version, each change with its reason, and check the result."
    roles = (
        TargetRole(TARGET, (TargetKind.CONFIG_FILE,), "Configuration", "The files that are rewritten, imports too."),
    )
    parameters = PARAMETERS
    unused_options = UNUSED_OPTIONS
    risk_rules = RULES
    templates = TEMPLATES

    def analyze(self, spec: Spec) -> Analysis:
        """Files that cannot be read show up in the state, and as a problem of `check`."""
        return analyse(spec)

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return problems_of(spec, analysis)

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return steps_of(spec, analysis.target_state["binds"], restores=str(spec.parameters["restore"]))

    def actions(self) -> Mapping[str, Action]:
        return {"backup": Backup(), "validate": Validate(), "write": Write(), "verify": Verify()}

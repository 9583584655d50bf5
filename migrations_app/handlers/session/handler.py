"""The session migration, as the engine sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from migrations_app.engine.background import Background
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.handler import Action, Handler, Spec, TargetRole
from migrations_app.engine.plan import Analysis, Step, Target
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
from migrations_app.handlers.session.node.actions import node_actions
from migrations_app.handlers.session.node.steps import is_node, node_steps
from migrations_app.handlers.session.parameters import PARAMETERS, SOURCE, TARGET, route_of
from migrations_app.handlers.session.risk import RULES
from migrations_app.handlers.session.steps import steps_of
from migrations_app.handlers.session.templates import TEMPLATES
from migrations_app.handlers.session.zero_downtime.actions import zero_downtime_actions
from migrations_app.handlers.session.zero_downtime.background import RelayDriver, VerifierDriver
from migrations_app.handlers.session.zero_downtime.steps import zero_downtime_steps
from migrations_app.stores.sessions.scratch import scratch_config, why_no_scratch


class SessionMigration(Handler):
    """Standard mode: bulk copy, catch-up, a short write pause, verification both ways, switch.

    With the option `zero_downtime` the route goes through the phases of PROTOCOL 5.3 instead, bucket by bucket; a live
    node's callers know no route, and it is handed over as a whole by a change of its code.
    """

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
    templates = TEMPLATES

    def analyze(self, spec: Spec) -> Analysis:
        """A store that does not answer shows up in its state, and as a problem of `check`."""
        return analyse(spec)

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return problems_of(spec, analysis)

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        if spec.options.get("zero_downtime") and is_node(spec):
            return node_steps(spec, analysis)
        if spec.options.get("zero_downtime"):
            return zero_downtime_steps(spec, analysis)
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
            **zero_downtime_actions(),
            **node_actions(),
        }

    def routes(self, spec: Spec) -> Mapping[str, str]:
        return {"parameters.route": route_of(spec)}

    def why_no_rehearsal(self, targets: Mapping[str, Target]) -> str:
        source, target = targets[SOURCE], targets[TARGET]
        if source.config.get("store") == "beam":
            return (
                f"“{source.name}” is a live node: reading all of it is work for the process that serves its sessions, "
                "and its hand-over is a change of its code, which cannot be tried beside it."
            )
        return why_no_scratch(target.config, source.config)

    def scratch(self, targets: Mapping[str, Target], run_id: int) -> Mapping[str, Target]:
        if why_not := self.why_no_rehearsal(targets):
            raise ValidationFailed(f"{why_not} Nothing was changed.")
        target = targets[TARGET]
        config = scratch_config(target.config, run_id)
        return {**targets, TARGET: replace(target, name=f"{target.name} (rehearsal)", config=config)}

    def background(self) -> Mapping[str, Background]:
        return {"relay": RelayDriver(), "verifier": VerifierDriver()}

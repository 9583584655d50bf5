"""The form of a policy: what it shows, and what a POST of it asks the service for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from migrations_app.engine.vocabulary import MigrationType, PolicyScope, RiskLevel, Role
from migrations_app.selectors.policies import PolicyChoices, VersionRow
from migrations_app.web.edited_meanwhile import Said, Sent, chosen, sent_as, ticked
from migrations_app.web.numbers import whole_number

ROWS = 3  # for requirements, and one more than are filled
_EITHER = {"": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Line:
    """One requirement as typed: `whom` is `role:approver` or `group:dba`, '' for an empty line."""

    whom: str = ""
    count: str = "1"


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The values as text, so that a refused form comes back as it was sent."""

    name: str = ""
    scope: str = PolicyScope.EVERY
    environments: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    risk_at_least: str = RiskLevel.LOW
    zero_downtime: str = ""
    irreversible: str = ""
    lines: tuple[Line, ...] = (Line("role:approver"),)
    comment_required: bool = False
    reason: str = ""

    @property
    def shown_lines(self) -> tuple[Line, ...]:
        return self.lines + (Line(),) * max(1, ROWS - len(self.lines))

    @property
    def conditions(self) -> dict[str, Any]:
        return {
            "scope": self.scope,
            "environments": self.environments if self.scope == PolicyScope.NAMED else (),
            "types": self.types,
            "risk_at_least": self.risk_at_least,
            "zero_downtime": _EITHER.get(self.zero_downtime),
            "irreversible": _EITHER.get(self.irreversible),
        }

    @property
    def requirements(self) -> list[dict[str, Any]]:
        """Without the empty lines; the problems of the service name them by their place among the others."""
        return [
            {kind: name, "count": whole_number(line.count)}
            for line in self.lines
            for kind, _, name in [line.whom.partition(":")]
        ]


def sent(post: QueryDict) -> PolicyForm:
    lines = zip(post.getlist("whom"), post.getlist("count"), strict=False)
    return PolicyForm(
        name=post.get("name", ""),
        scope=post.get("scope", ""),
        environments=tuple(post.getlist("environments")),
        types=tuple(post.getlist("types")),
        risk_at_least=post.get("risk_at_least", ""),
        zero_downtime=post.get("zero_downtime", ""),
        irreversible=post.get("irreversible", ""),
        lines=tuple(Line(whom, count) for whom, count in lines if whom),
        comment_required=bool(post.get("comment_required")),
        reason=post.get("reason", ""),
    )


def as_sent(form: PolicyForm) -> Sent:
    """What a browser sends of it; the reason is said anew each time."""
    return sent_as(
        {
            "scope": form.scope,
            "environments": form.environments,
            "types": form.types,
            "risk_at_least": form.risk_at_least,
            "zero_downtime": form.zero_downtime,
            "irreversible": form.irreversible,
            "whom": [line.whom for line in form.lines],
            "count": [line.count for line in form.lines],
            "comment_required": "1" if form.comment_required else "",
        }
    )


def compared(offered: Mapping[str, Any]) -> tuple[Said, ...]:
    """What two who change a policy are shown; `offered` is what `choices` gives."""
    whom = dict(offered["whom"])

    def who_signs(values: Sent) -> str:
        lines = zip(values.getlist("whom"), values.getlist("count"), strict=False)
        return "\n".join(f"{count.strip()} {whom.get(who, who)}" for who, count in lines if who) or "nobody"

    either = {"": "with or without", "yes": "only with", "no": "only without"}
    return (
        chosen("scope", "In", dict(offered["scopes"])),
        chosen("environments", "Only these environments", {}, "none named"),
        chosen("types", "Types", dict(offered["types"]), "every type"),
        chosen("risk_at_least", "Risk", dict(offered["risks"])),
        chosen("zero_downtime", "Zero downtime", either),
        chosen("irreversible", "Steps that cannot be undone", either),
        Said("Who signs", ("whom", "count"), who_signs),
        ticked("comment_required", "Each signature needs a comment"),
    )


def of_version(name: str, version: VersionRow) -> PolicyForm:
    """What that version says, to be changed."""
    return PolicyForm(
        name=name,
        scope=version.scope,
        environments=version.environments,
        types=tuple(str(kind) for kind in version.types),
        risk_at_least=version.risk_at_least,
        zero_downtime=_either(version.zero_downtime),
        irreversible=_either(version.irreversible),
        lines=tuple(
            Line(f"role:{each.role}" if each.role else f"group:{each.group}", str(each.count))
            for each in version.requirements
        ),
        comment_required=version.comment_required,
    )


def choices(offered: PolicyChoices) -> dict[str, Any]:
    """For the template: value and label of every choice."""
    return {
        "scopes": (
            (PolicyScope.EVERY, "every environment"),
            (PolicyScope.PROTECTED, "protected environments"),
            (PolicyScope.NAMED, "only these"),
        ),
        "environments": offered.environments,
        "types": tuple((str(kind), f"{kind.replace('_', ' ')}s") for kind in MigrationType),
        "risks": ((RiskLevel.LOW, "any"), (RiskLevel.MEDIUM, "medium or high"), (RiskLevel.HIGH, "high")),
        "whom": (
            ("role:approver", "approvers"),
            *((f"role:{role}", f"approvers who are {role} too") for role in Role if role is not Role.APPROVER),
            *((f"group:{name}", f"approvers in the group {name}") for name in offered.groups),
        ),
    }


def _either(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"

"""What a migration plan is made of: frozen data, no closures, no floats (DESIGN sections 3 and 5)."""

import hashlib
import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import rfc8785

from migrations_app.engine.vocabulary import ClaimMode, MigrationType, RiskLevel, StepKind, TargetKind

PLAN_FORMAT = 1
_LARGE = 2**53
_PLAIN = (dict, list, tuple)
PLAN_FORMAT_WITH_SECRETS = 2  # of plans that name one: workers of before leave them to others


@dataclass(frozen=True, slots=True)
class TargetRef:
    """A target as a plan names it: identity and the digest of its non-secret connection and layout."""

    id: int
    role: str
    name: str
    kind: TargetKind
    config_digest: str


@dataclass(frozen=True, slots=True)
class SecretRef:
    """The stored secret that a parameter names. The digest binds `id`: its value may be replaced, and another secret
    under the same name is another one. `version` counts its values, and is what it was when this was planned.
    """

    parameter: str
    id: int
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Target:
    """A target as a worker uses it. `secrets` never enter a plan, digest, event, audit row or traceback.

    `roots`: the worker's directories beneath which the target's files may lie; without any it may open no file.
    """

    id: int
    name: str
    kind: TargetKind
    environment: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    roots: tuple[Path, ...] = ()

    def ref(self, role: str) -> TargetRef:
        return TargetRef(self.id, role, self.name, self.kind, content_digest(self.config))


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of work. `action` names an action of the plan's handler; `depends_on` are step ids.

    `partitioned` steps run as `options.parallel_workers` leased partitions. `confirm` names the separate
    confirmation that a person gives before the step may start (empty: none). `volume`: records that it goes through,
    which its estimate is learned by; it is of the moment, and no part of a plan's content.
    """

    id: str
    kind: StepKind
    title: str
    action: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    estimated_seconds: int = 1
    reversible: bool = True
    undo_title: str = "nothing to undo"
    validation: str = ""
    partitioned: bool = False
    confirm: str = ""
    volume: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RollbackStep:
    id: str
    undoes: str
    title: str
    action: str
    estimated_seconds: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    target_id: int
    mode: ClaimMode


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the risk assessment. Negative weights are credits."""

    rule: str
    title: str
    evidence: str
    weight: int
    why: str
    how_to_lower: str


@dataclass(frozen=True, slots=True)
class RiskAssessment:
    score: int
    level: RiskLevel
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a handler saw on both sides. Values are JSON-ready; `fingerprints` are per role (DESIGN section 5)."""

    source_state: Mapping[str, Any]
    target_state: Mapping[str, Any]
    fingerprints: Mapping[str, Mapping[str, Any]]
    sizes: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The signed content. Everything in here is covered by `digest`; nothing else is."""

    environment: str
    type: MigrationType
    handler: str
    handler_version: str
    options: Mapping[str, Any]
    parameters: Mapping[str, Any]
    targets: tuple[TargetRef, ...]
    steps: tuple[Step, ...]
    rollback_steps: tuple[RollbackStep, ...]
    claims: tuple[Claim, ...]
    description: str = ""
    format: int = PLAN_FORMAT
    secrets: tuple[SecretRef, ...] = ()

    def content(self) -> dict[str, Any]:
        """The JSON document that is stored, shown, exported and signed. Estimates are not part of the digest."""
        return {
            "format": self.format,
            "environment": self.environment,
            "type": str(self.type),
            "handler": self.handler,
            "handler_version": self.handler_version,
            "options": dict(self.options),
            "parameters": dict(self.parameters),
            "targets": [
                {"id": t.id, "role": t.role, "name": t.name, "kind": str(t.kind), "config_digest": t.config_digest}
                for t in self.targets
            ],
            "steps": [
                {
                    "id": s.id,
                    "kind": str(s.kind),
                    "title": s.title,
                    "action": s.action,
                    "parameters": dict(s.parameters),
                    "depends_on": list(s.depends_on),
                    "estimated_seconds": s.estimated_seconds,
                    "reversible": s.reversible,
                    "undo_title": s.undo_title,
                    "validation": s.validation,
                    "partitioned": s.partitioned,
                    "confirm": s.confirm,
                }
                for s in self.steps
            ],
            "rollback_steps": [
                {
                    "id": r.id,
                    "undoes": r.undoes,
                    "title": r.title,
                    "action": r.action,
                    "estimated_seconds": r.estimated_seconds,
                }
                for r in self.rollback_steps
            ],
            "claims": [{"target_id": c.target_id, "mode": str(c.mode)} for c in self.claims],
            "description": self.description,
        } | ({"secrets": [asdict(ref) for ref in self.secrets]} if self.secrets else {})

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> "Plan":
        """Inverse of `content()`. Raises KeyError or ValueError for a document of another format."""
        if content["format"] not in (PLAN_FORMAT, PLAN_FORMAT_WITH_SECRETS):
            raise ValueError(f"plan format {content['format']} is not one of this version")
        return cls(
            environment=content["environment"],
            type=MigrationType(content["type"]),
            handler=content["handler"],
            handler_version=content["handler_version"],
            options=content["options"],
            parameters=content["parameters"],
            targets=tuple(TargetRef(**{**t, "kind": TargetKind(t["kind"])}) for t in content["targets"]),
            steps=tuple(
                Step(**{**s, "kind": StepKind(s["kind"]), "depends_on": tuple(s["depends_on"])})
                for s in content["steps"]
            ),
            rollback_steps=tuple(RollbackStep(**r) for r in content["rollback_steps"]),
            claims=tuple(Claim(c["target_id"], ClaimMode(c["mode"])) for c in content["claims"]),
            description=content["description"],
            format=content["format"],
            secrets=tuple(SecretRef(**ref) for ref in content.get("secrets", ())),
        )

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over RFC 8785 JSON of the content without estimates and display names (DESIGN section 5)."""
        content = self.content()
        for step in (*content["steps"], *content["rollback_steps"]):
            del step["estimated_seconds"]
        for target in content["targets"]:
            del target["name"]
        for secret in content.get("secrets", ()):
            del secret["name"], secret["version"]
        return content_digest(content)

    def irreversible(self, started: Collection[str]) -> tuple[str, ...]:
        """Titles of those of these steps that nothing takes back, in plan order."""
        return tuple(step.title for step in self.steps if step.id in started and not step.reversible)

    def step(self, step_id: str) -> Step:
        return next(s for s in self.steps if s.id == step_id)


def content_digest(content: Any) -> str:
    """SHA-256 (hex) of a JSON value in RFC 8785 form.

    Raises ValueError for floats and for integers beyond 2^53: plan content holds neither (DESIGN section 5).
    """
    return hashlib.sha256(_canonical(content)).hexdigest()


def _canonical(content: Any) -> bytes:
    """RFC 8785, by way of `json` where that writes the same, many times faster: for all that plans are made of."""
    if _is_plain(content):
        with suppress(UnicodeEncodeError):
            return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return rfc8785.dumps(content)


def _is_plain(value: Any) -> bool:
    """Whether the two write it alike: keys in ASCII are in the same order, and small integers are written the same.

    Raises ValueError for a float, wherever it stands.
    """
    kind = type(value)
    if value is None or kind is bool or isinstance(value, str):
        return True
    if kind is int:
        return bool(-_LARGE < value < _LARGE)
    if isinstance(value, float):
        raise ValueError("plan content holds no floats")
    plain = kind in _PLAIN
    if isinstance(value, Mapping):
        for key, item in value.items():
            plain = _is_plain(item) and plain and isinstance(key, str) and key.isascii()
    elif isinstance(value, list | tuple):
        for item in value:
            plain = _is_plain(item) and plain
    return plain

"""What the drivers of a route show of their work: the relay, the verifier, the gates; each with its age."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.models import Route, RoutePanel

FRESH_SECONDS = 6  # an older panel says how things were: its writer rests, or is gone


@dataclass(frozen=True, slots=True)
class RelayPanel:
    """`lag_p99_ms`: from a write to its copy; `oldest_ms`: how long the longest waiting session has been marked.

    `carried` by this run so far; `stuck` sessions cannot be held by the side `stuck_on`, `problem` says why;
    `legacy_writes` came from code that does not follow the route; `skew_ms`: the target's clock minus the source's.
    """

    at: datetime
    is_fresh: bool
    lag_p99_ms: int
    oldest_ms: int
    depth: int
    depth_forward: int
    depth_back: int
    carried: int
    stuck: int
    problem: str
    stuck_on: str
    legacy_writes: int
    skew_ms: int


@dataclass(frozen=True, slots=True)
class VerifierPanel:
    """The last whole pass. `age_seconds`: how old the comparison is; `named`: (kind, fingerprint) of some.

    `clean_since`: when the last pass began, if it found nothing; `repaired_in_all` over all passes.
    """

    at: datetime
    age_seconds: int
    compared: int
    diverging: int
    kinds: tuple[tuple[str, int], ...]
    named: tuple[tuple[str, str], ...]
    repaired: int
    regressed: int
    passes: int
    clean_since: datetime | None
    repaired_in_all: int


@dataclass(frozen=True, slots=True)
class GateRow:
    """`value`: what was measured; `why`: what a closed gate waits for."""

    id: str
    title: str
    value: str
    why: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class GatesPanel:
    """The gates as the driver last saw them, for a hand-over of `buckets` buckets."""

    at: datetime
    is_fresh: bool
    gates: tuple[GateRow, ...]
    open: int
    buckets: int


@dataclass(frozen=True, slots=True)
class Panels:
    relay: RelayPanel | None = None
    verifier: VerifierPanel | None = None
    gates: GatesPanel | None = None


def panels_of(route: Route, now: datetime) -> Panels:
    rows = {row.name: row for row in RoutePanel.objects.filter(route=route)}
    return Panels(
        relay=_relay(rows["relay"], now) if "relay" in rows else None,
        verifier=_verifier(rows["verifier"], now) if "verifier" in rows else None,
        gates=_gates(rows["gates"], now) if "gates" in rows else None,
    )


def _relay(row: RoutePanel, now: datetime) -> RelayPanel:
    values = row.values
    return RelayPanel(
        at=row.at,
        is_fresh=_age(row, now) <= FRESH_SECONDS,
        lag_p99_ms=_count(values, "lag_p99_ms"),
        oldest_ms=_count(values, "oldest_ms"),
        depth=_count(values, "depth"),
        depth_forward=_count(values, "depth_forward"),
        depth_back=_count(values, "depth_back"),
        carried=_count(values, "carried"),
        stuck=_count(values, "stuck"),
        problem=str(values.get("problem", "")),
        stuck_on=str(values.get("stuck_on", "")),
        legacy_writes=_count(values, "legacy_writes"),
        skew_ms=_count(values, "skew_ms"),
    )


def _verifier(row: RoutePanel, now: datetime) -> VerifierPanel:
    values = row.values
    clean_since = values.get("clean_since")
    return VerifierPanel(
        at=row.at,
        age_seconds=_age(row, now),
        compared=_count(values, "compared"),
        diverging=_count(values, "diverging"),
        kinds=tuple((str(kind), int(count)) for kind, count in dict(values.get("kinds", {})).items()),
        named=tuple((str(one.get("kind", "")), str(one.get("fingerprint", ""))) for one in values.get("named", ())),
        repaired=_count(values, "repaired"),
        regressed=_count(values, "regressed"),
        passes=_count(values, "passes"),
        clean_since=datetime.fromisoformat(clean_since) if clean_since else None,
        repaired_in_all=_count(values, "repaired_in_all"),
    )


def _gates(row: RoutePanel, now: datetime) -> GatesPanel:
    gates = tuple(
        GateRow(str(gate["id"]), str(gate["title"]), str(gate["value"]), str(gate["why"]), bool(gate["open"]))
        for gate in row.values.get("gates", ())
    )
    return GatesPanel(
        at=row.at,
        is_fresh=_age(row, now) <= FRESH_SECONDS,
        gates=gates,
        open=sum(gate.is_open for gate in gates),
        buckets=_count(row.values, "buckets"),
    )


def _age(row: RoutePanel, now: datetime) -> int:
    return max(0, int((now - row.at).total_seconds()))


def _count(values: Mapping[str, Any], name: str) -> int:
    return int(values.get(name) or 0)

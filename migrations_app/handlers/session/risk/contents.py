"""What the sessions themselves are like, as far as a sample of them shows. One function a rule."""

from collections.abc import Sequence

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.session.parameters import LEAVE, SOURCE, TARGET


def opaque_values(case: RiskCase) -> Sequence[Finding]:
    opaque = case.analysis.source_state.get("sample", {}).get("codecs", {}).get("opaque", 0)
    if not opaque or case.analysis.source_state.get("store") == case.analysis.target_state.get("store"):
        return ()
    return (
        Finding(
            "session.opaque_values",
            "Values are not looked into",
            f"{opaque} of {case.analysis.source_state['sample']['size']} sampled values are opaque bytes",
            3,
            "They arrive byte for byte, but nobody checks that your services can read them there.",
            "Declare the codec (JSON or MessagePack) on both targets.",
        ),
    )


def fixed_deadlines(case: RiskCase) -> Sequence[Finding]:
    sample = case.analysis.source_state.get("sample", {})
    fixed = sample.get("size", 0) - sample.get("sliding", 0)
    if case.analysis.target_state.get("store") != "beam" or fixed <= 0:
        return ()
    return (
        Finding(
            "session.fixed_deadlines",
            "Fixed deadlines begin to slide",
            f"{fixed} of {sample['size']} sampled sessions have a deadline of their own",
            5,
            "A node's sessions slide: the first access makes the time that was left the length of each later one.",
            "Give the source's sessions a sliding length, or accept it.",
        ),
    )


def codecs(case: RiskCase) -> Sequence[Finding]:
    source, target = (case.spec.targets[role].config.get("codec") for role in (SOURCE, TARGET))
    if source == target or not source or not target:
        return ()
    return (
        Finding(
            "session.codecs",
            "The two sides declare different codecs",
            f"{source} on the source, {target} on the target",
            6,
            "A service that reads values by the old codec does not understand the new ones.",
            "Declare the same codec on both targets, or bring out services that read both first.",
        ),
    )


def value_meaning(case: RiskCase) -> Sequence[Finding]:
    """DESIGN section 4: `bytea` is PostgreSQL's default, `jsonb` by choice with a finding."""
    if case.spec.targets[TARGET].config.get("value_type") != "jsonb":
        return ()
    return (
        Finding(
            "session.value_meaning",
            "Values keep their meaning, not their bytes",
            "the target's value column is jsonb",
            4,
            "Order and repetition of members, and how numbers are written are lost; a signature over the bytes breaks.",
            "Choose bytea as the type of the value column.",
        ),
    )


def endless(case: RiskCase) -> Sequence[Finding]:
    sample = case.analysis.source_state.get("sample", {})
    if not sample.get("without_deadline"):
        return ()
    return (
        Finding(
            "session.endless",
            "Sessions without a deadline",
            f"{sample['without_deadline']} of {sample['size']} sampled sessions never end",
            2,
            "They are moved for ever, also those that nobody uses any more, and fill the target.",
            "Give sessions a time to live in your services.",
        ),
    )


def left_behind(case: RiskCase) -> Sequence[Finding]:
    unreadable = case.analysis.source_state.get("sample", {}).get("unreadable", {})
    if case.spec.parameters["unreadable"] != LEAVE or not unreadable:
        return ()
    reasons = ", ".join(f"{count} ({reason})" for reason, count in sorted(unreadable.items()))
    return (
        Finding(
            "session.left_behind",
            "Records are left behind",
            f"not readable as sessions, in the sample: {reasons}",
            8,
            "Whoever such a record belongs to is signed out by the switch.",
            "Mend or delete them on the source, or correct the source's codec, and choose “stop”.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    opaque_values,
    fixed_deadlines,
    codecs,
    value_meaning,
    endless,
    left_behind,
)

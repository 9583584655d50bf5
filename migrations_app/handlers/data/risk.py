"""What makes moving tables riskier or safer, beyond the engine's general rules. One function a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.data.live.parameters import OFF
from migrations_app.handlers.data.live.risk import LIVE_RULES
from migrations_app.handlers.data.parameters import QUARANTINE, SOURCE, TARGET

MUCH_BYTES = 10 * 1024**3
SLOW_US = 5_000
SHOWN = 5
UNICODE = frozenset({"UTF8", "UTF-8", "UTF-16le", "UTF-16be"})


def rows_give_way(case: RiskCase) -> Sequence[Finding]:
    held = [each["target"] for each in _tables(case) if each["holds_rows"]]
    if not held:
        return ()
    kept = bool(case.spec.options.get("backup_enabled"))
    why = (
        "Whoever uses the target sees empty tables until the copy is there; a rollback puts the rows back."
        if kept
        else "Nothing brings them back, and the run cannot be rolled back once they are gone."
    )
    return (
        Finding(
            "data.rows_give_way",
            "The target's own rows are removed",
            _named(held),
            12 if kept else 40,
            why,
            "Copy into empty tables or another database." if kept else "Switch “Back up first” on.",
        ),
    )


def writes_not_followed(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["live"] != OFF:
        return ()
    return (
        Finding(
            "data.writes_not_followed",
            "Writes at the source are not followed",
            "live is off.",
            5,
            "What is written there after a row was read does not arrive; the comparison finds it, and the run ends so.",
            "Stop the writers before the start, or let the changes be followed (live).",
        ),
    )


def size(case: RiskCase) -> Sequence[Finding]:
    much = case.analysis.sizes.get("bytes", 0)
    if much <= MUCH_BYTES:
        return ()
    return (
        Finding(
            "data.size",
            "Much is moved",
            f"about {much // 1024**3} GiB in {case.analysis.sizes.get('rows', 0):,} rows",
            min(15, 5 + much // (10 * MUCH_BYTES)),
            "Copy and comparison take long, and meanwhile the source must not be written to.",
            "Move the large tables in a plan of their own, at a quiet time.",
        ),
    )


def columns_change(case: RiskCase) -> Sequence[Finding]:
    found = [one for one in _data(case)["incompatible"] if one["severity"] != "error"]
    if not found:
        return ()
    return (
        Finding(
            "data.columns_change",
            "Columns arrive as something else",
            _named([".".join(filter(None, (one["table"], one["column"]))) for one in found]),
            min(20, 2 * len(found)),
            "What reads the target may expect what the source had.",
            "Read each of them under Mapping, and change the target's column or the mapping.",
        ),
    )


def traps_are_there(case: RiskCase) -> Sequence[Finding]:
    found = _data(case)["traps"]
    if not found:
        return ()
    return (
        Finding(
            "data.traps",
            "Rows that the target will refuse",
            _named([f"{one['table']}.{one['column']}: {one['message']}" for one in found]),
            min(30, 10 + 2 * len(found)),
            "The run stops at them, or puts them aside; either way they do not arrive.",
            "Correct them in the source, or give the column a transform.",
        ),
    )


def rows_may_be_put_aside(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["on_reject"] != QUARANTINE:
        return ()
    return (
        Finding(
            "data.put_aside",
            "Refused rows are put aside",
            f"up to {case.spec.parameters['most_rejected']} rows",
            5,
            "The target then lacks rows that the source has, until somebody brings them there.",
            "Leave “on_reject” at stop, or lower “most_rejected”.",
        ),
    )


def columns_are_left_out(case: RiskCase) -> Sequence[Finding]:
    found = [f"{each['source']}.{name}" for each in _tables(case) for name in each["left_out"]]
    if not found:
        return ()
    return (
        Finding(
            "data.left_out",
            "Columns of the source stay behind",
            _named(found),
            min(10, 1 + len(found)),
            "What is in them is not on the target.",
            "Give the target those columns, or be sure that nobody needs them.",
        ),
    )


def triggers(case: RiskCase) -> Sequence[Finding]:
    found = [f"{each['target']} ({', '.join(each['triggers'])})" for each in _tables(case) if each["triggers"]]
    if not found:
        return ()
    return (
        Finding(
            "data.triggers",
            "The target's tables have triggers",
            _named(found),
            8,
            "Where the user may not switch them off they run for each row, and what they change is not the source's.",
            "Drop them for the migration, or give the user the right to set session_replication_role.",
        ),
    )


def no_key(case: RiskCase) -> Sequence[Finding]:
    found = [each["target"] for each in _tables(case) if not each["key"]]
    if not found:
        return ()
    return (
        Finding(
            "data.no_key",
            "Tables without a key",
            _named(found),
            min(12, 4 + 2 * len(found)),
            "Each goes in one piece, begins anew after a failure, and a row that differs cannot be named or mended.",
            "Give each a primary key, or name the columns of one in “tables”.",
        ),
    )


def what_is_not_created(case: RiskCase) -> Sequence[Finding]:
    made = [each["target"] for each in _tables(case) if each["missing"]]
    if not made:
        return ()
    return (
        Finding(
            "data.created",
            "Tables are made from what is known of the source's",
            _named(made),
            3,
            "Triggers, views, rules, rights and comments do not come along.",
            "Create the tables with the application's own migrations first.",
        ),
    )


def replica(case: RiskCase) -> Sequence[Finding]:
    if not case.analysis.source_state.get("replica"):
        return ()
    return (
        Finding(
            "data.replica",
            "The source is a replica",
            f"“{case.spec.targets[SOURCE].name}” follows another server, which is written to",
            8,
            "What the primary has not passed on yet is not moved, and long reads may be cancelled there.",
            "Name the primary in the source target.",
        ),
    )


def encodings(case: RiskCase) -> Sequence[Finding]:
    one, other = (str(state.get("encoding", "")) for state in (case.analysis.source_state, case.analysis.target_state))
    if _same_encoding(one, other):
        return ()
    return (
        Finding(
            "data.encodings",
            "The databases' encodings differ",
            f"{one} and {other}",
            8,
            "A character that the target's encoding lacks makes it refuse the row.",
            "Make the target's database with the encoding of the source, best UTF8.",
        ),
    )


def _same_encoding(one: str, other: str) -> bool:
    """SQLite says UTF-8 (or UTF-16, which holds the same characters), PostgreSQL says UTF8."""
    return one == other or {one, other} <= UNICODE


def latency(case: RiskCase) -> Sequence[Finding]:
    slowest = max(state.get("latency_us", 0) for state in (case.analysis.source_state, case.analysis.target_state))
    if slowest <= SLOW_US:
        return ()
    return (
        Finding(
            "data.latency",
            "A database is slow to answer",
            f"a round trip takes {slowest} microseconds",
            4,
            "Every chunk waits for several round trips.",
            "Run the workers nearer to both databases, or raise “chunk_rows”.",
        ),
    )


def unencrypted(case: RiskCase) -> Sequence[Finding]:
    open_ways = [case.spec.targets[role].name for role in (SOURCE, TARGET) if _is_open(case.spec.targets[role].config)]
    if not open_ways:
        return ()
    return (
        Finding(
            "data.unencrypted",
            "Rows travel unencrypted",
            " and ".join(f"“{name}”" for name in open_ways),
            6,
            "Whoever reads the network between sees every row, and the password.",
            "Set “Require TLS” on the target.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    rows_give_way,
    size,
    columns_change,
    traps_are_there,
    rows_may_be_put_aside,
    columns_are_left_out,
    triggers,
    no_key,
    what_is_not_created,
    replica,
    encodings,
    latency,
    unencrypted,
    writes_not_followed,
    *LIVE_RULES,
)


def _is_open(config: Mapping[str, Any]) -> bool:
    host = str(config.get("host", "")).strip("[]")
    remote = bool(host) and not host.startswith(("/", "127.")) and host not in ("localhost", "::1")
    return remote and "tls" in config and not config["tls"]


def _data(case: RiskCase) -> Mapping[str, Any]:
    nothing = {"tables": (), "incompatible": (), "traps": ()}
    data: Mapping[str, Any] = case.analysis.target_state.get("data", nothing)
    return data


def _tables(case: RiskCase) -> Sequence[Mapping[str, Any]]:
    tables: Sequence[Mapping[str, Any]] = _data(case)["tables"]
    return tables


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{len(found)}: {', '.join(found[:SHOWN])}{more}"

"""A conversion for people and programs: as a unified diff, and as plain data."""

import difflib
import hashlib
from collections.abc import Iterator

from migrations_app.configuration.conversion import Conversion
from migrations_app.configuration.detection import Detection
from migrations_app.configuration.hunk import Hunk
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Span

NO_NEWLINE = "\\ No newline at end of file\n"


def diff(conversion: Conversion) -> str:
    """Of all files, as `patch -p1` takes it; empty when nothing changes."""
    return "".join(diff_of(path, conversion.before[path], after) for path, after in conversion.after.items())


def diff_of(path: str, before: bytes, after: bytes) -> str:
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in lines)


def as_data(conversion: Conversion, detection: Detection) -> dict[str, object]:
    """What can be written as JSON. Lines and columns count from 1."""
    return {
        "from": conversion.origin,
        "to": conversion.to,
        "changes": conversion.changes,
        "reversible": conversion.reversible,
        "detected": detected(detection),
        "files": [
            {
                "path": path,
                "changed": conversion.before[path] != after,
                "sha256_before": hashlib.sha256(conversion.before[path]).hexdigest(),
                "sha256_after": hashlib.sha256(after).hexdigest(),
                "diff": diff_of(path, conversion.before[path], after),
            }
            for path, after in conversion.after.items()
        ],
        "hunks": [_hunk(hunk) for hunk in conversion.hunks],
        "problems": [problem_data(problem) for problem in conversion.problems],
    }


def detected(detection: Detection) -> dict[str, object]:
    return {
        "possible": [str(version) for version in detection.possible],
        "certain": detection.certain,
        "evidence": [
            {"key": one.key, "says": one.says, "leftover": one.leftover} | _place(one.span)
            for one in detection.evidence
        ],
    }


def problem_data(problem: ConfigProblem) -> dict[str, object]:
    return {
        "code": problem.code,
        "severity": str(problem.severity),
        "key": problem.key,
        "message": problem.message,
        "suggestion": problem.suggestion,
    } | _place(problem.span)


def problem_line(problem: ConfigProblem) -> str:
    """`config.exs:3:5: error: message suggestion`, as compilers write it."""
    place = f"{problem.span.file}:{problem.span.line}:{problem.span.column}: " if problem.span else ""
    return f"{place}{problem.severity}: {problem.message} {problem.suggestion}".rstrip()


def hunk_line(hunk: Hunk) -> str:
    """The same for what a rule did or says."""
    place = f"{hunk.file}:{hunk.span.line}:{hunk.span.column}: " if hunk.span else f"{hunk.file}: "
    return f"{place}{hunk.manner}: {hunk.reason} [{hunk.rule}, {hunk.version}]"


def _hunk(hunk: Hunk) -> dict[str, object]:
    return {
        "rule": hunk.rule,
        "version": hunk.version,
        "manner": str(hunk.manner),
        "reason": hunk.reason,
        "key": hunk.key,
        "before": hunk.before,
        "after": hunk.after,
    } | (_place(hunk.span) if hunk.span else {"file": hunk.file, "line": None, "column": None})


def _place(span: Span | None) -> dict[str, object]:
    if span is None:
        return {"file": None, "line": None, "column": None}
    return {"file": span.file, "line": span.line, "column": span.column}


def _lines(content: bytes) -> list[str]:
    return list(_split(content.decode("utf-8", "replace")))


def _split(text: str) -> Iterator[str]:
    """At line feeds only: other marks that Python splits at are part of a line."""
    parts = text.split("\n")
    yield from (f"{part}\n" for part in parts[:-1])
    if parts[-1]:
        yield parts[-1]

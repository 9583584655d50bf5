"""What the check says of one file."""

from migrations_app.snakepit.versions import Version
from migrations_app.sources.check import check


def found(path: str, code: str, origin: str, to: str) -> list[tuple[int, str, str, str]]:
    findings = check({path: code.encode()}, origin=Version(origin), to=Version(to))
    assert all(one.message and one.advice and one.path == path for one in findings)
    return [(one.line, one.change, one.weight.value, one.subject) for one in findings]

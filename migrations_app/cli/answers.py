"""What came back: a document, or a refusal in the server's own words with the status that scripts go by."""

from collections.abc import Mapping
from typing import Any

import httpx

from migrations_app.cli.exits import CommandFailed, Exit, ProblemLine

_SIGN_IN = frozenset({"sign_in_required", "step_up_required"})
_GONE = frozenset({502, 503, 504})
_NOT_OURS = "{base} answers, but not like Snakeweb. Check --url."


def document_of(response: httpx.Response, base: str) -> dict[str, Any]:
    """Raises CommandFailed for what is no JSON object."""
    try:
        document = response.json()
    except ValueError as error:
        raise CommandFailed(Exit.UNREACHABLE, _NOT_OURS.format(base=base)) from error
    if not isinstance(document, dict):
        raise CommandFailed(Exit.UNREACHABLE, _NOT_OURS.format(base=base))
    return document


def text_of(response: httpx.Response, base: str) -> str:
    """Raises CommandFailed for a page where a document was expected."""
    if "html" in response.headers.get("Content-Type", ""):
        raise CommandFailed(Exit.UNREACHABLE, _NOT_OURS.format(base=base))
    return response.text


def failure_of(response: httpx.Response, base: str) -> CommandFailed:
    """INVALID for values that cannot be used, SIGN_IN where only a person can, UNREACHABLE for a gateway without a
    server behind it, else REFUSED. Every problem stands on a line of its own, by the document's field names."""
    try:
        problem: Mapping[str, Any] = response.json()
        said = f"{problem['detail']} {problem.get('fix', '')}".strip()
        problems = [
            ProblemLine(str(each["field"]), str(each["message"]), str(each.get("fix", "")))
            for each in problem.get("problems", ())
        ]
    except (ValueError, KeyError, TypeError):
        problem, said, problems = {}, f"{base} answered {response.status_code} {response.reason_phrase}.", []
    lines = [_line(each) for each in problems if each.message not in said]
    if url := problem.get("url"):
        lines.append(f"  {url}")
    code = str(problem.get("code", ""))
    return CommandFailed(
        _status(response.status_code, code),
        "\n".join([said, *lines]),
        code=code,
        again_after=_again_after(response),
        problems=problems,
    )


def _status(status: int, code: str) -> Exit:
    if code in _SIGN_IN:
        return Exit.SIGN_IN
    if status == httpx.codes.UNPROCESSABLE_ENTITY:
        return Exit.INVALID
    return Exit.UNREACHABLE if status in _GONE else Exit.REFUSED


def _line(problem: ProblemLine) -> str:
    field = f"{problem.field}: " if problem.field else ""
    return f"  {field}{problem.message.removeprefix(field)} {problem.fix}".rstrip()


def _again_after(response: httpx.Response) -> float | None:
    """Seconds; None where trying again is of no use, or nobody said when."""
    if response.status_code not in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE):
        return None
    try:
        return float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None

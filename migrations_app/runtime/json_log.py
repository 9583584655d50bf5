"""One JSON object a line, for whatever collects logs. Imports no models: logging is set up before them."""

import json
import logging
from datetime import UTC, datetime

from migrations_app.engine.hiding import HIDDEN, redact_text
from migrations_app.runtime.log_context import about


class JsonFormatter(logging.Formatter):
    """`at` (UTC), `level`, `logger`, `message`, `exception` with its traceback, and what the line is about: `run`,
    `scope`, `step`, `request`, `task`, `trace`, `span`.

    Each text is redacted for itself, then the whole line as a plain one is. Where that would leave no JSON, the
    message goes rather than the secret.
    """

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, str | int] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        facts = {**about(), **_of_request(record)}
        entry |= {name: redact_text(value) if isinstance(value, str) else value for name, value in facts.items()}
        texts = {"message": redact_text(record.getMessage())}
        if record.exc_info:
            texts["exception"] = redact_text(self.formatException(record.exc_info))
        if record.stack_info:
            texts["stack"] = redact_text(self.formatStack(record.stack_info))
        line = json.dumps(entry | texts, ensure_ascii=False)
        hidden = redact_text(line)
        return hidden if hidden == line or _is_json(hidden) else json.dumps(entry | dict.fromkeys(texts, HIDDEN))


def _of_request(record: logging.LogRecord) -> dict[str, str]:
    """Django logs refusals and errors when every middleware has ended, with the request beside the record."""
    request_id = getattr(getattr(record, "request", None), "request_id", "")
    return {"request": request_id} if isinstance(request_id, str) and request_id else {}


def _is_json(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False

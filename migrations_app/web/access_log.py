"""Daphne writes the address of each request, with its query, to standard output, past every logger."""

from typing import Any

from daphne.server import Server

from migrations_app.engine.hiding import redact_text


class RedactingServer(Server):  # type: ignore[misc]  # daphne carries no types
    """Links of invitations and new passwords, codes of a single sign-on and tokens of calendars are in no line."""

    def log_action(self, protocol: str, action: str, details: dict[str, Any]) -> None:
        super().log_action(protocol, action, {**details, "path": redact_text(str(details.get("path", "")))})

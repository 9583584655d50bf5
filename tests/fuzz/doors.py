"""What reads text or bytes of people and machines, each as a function of one input.

Each ends, or raises what its door turns into a clear problem; anything else that is raised is a finding. Answers over
HTTP are problems below 500.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.test import Client

from migrations_app.configuration.reading import read as read_configuration
from migrations_app.engine.errors import MigrationError
from migrations_app.engine.hiding import redact_text
from migrations_app.engine.spec_document import from_document
from migrations_app.proofs.export import ExportDamaged, verify
from migrations_app.proofs.keys import PublicKeys
from migrations_app.routing import record
from migrations_app.runtime import alert_channels, outgoing
from migrations_app.runtime.checkpoint_places import Directory, PlaceUnusable
from migrations_app.selectors import search_query
from migrations_app.services import yaml_text
from migrations_app.services.errors import InvalidInput
from migrations_app.stores.sessions import open_store
from tests.api.door import Door
from tests.doors.scene import rolled_back
from tests.fuzz.forms import Form

CONFIGURATIONS = ("config.exs", "config.json", "config.yaml", "config.toml")
SNAPSHOTS = ("ndjson", "etf")


def yaml_document(text: str) -> None:
    try:
        document = yaml_text.read(text)
    except InvalidInput:
        return
    from_document(document)


def configuration(name: str, content: bytes) -> None:
    read_configuration(name, content)


def snapshot(form: str, content: bytes) -> None:
    """A file as somebody sent it: looked at, counted, and read from the beginning to the end."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sessions"
        path.write_bytes(content)
        try:
            with open_store({"store": "snapshot", "path": str(path), "format": form}, {}, read_only=True) as store:
                store.probe()
                cursor = ""
                while not (page := store.scan(cursor, 100)).last:
                    cursor = page.cursor
        except MigrationError:
            return


def snapshot_cursor(cursor: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sessions"
        path.write_bytes(b"")
        try:
            with open_store({"store": "snapshot", "path": str(path), "format": "ndjson"}, {}, read_only=True) as store:
                store.scan(cursor, 10)
        except MigrationError:
            return


def audit_export(content: bytes) -> None:
    try:
        verify(content.splitlines(keepends=True), PublicKeys([]))
    except ExportDamaged:
        return


def log_line(text: str) -> None:
    redact_text(text)


def checkpoint_file(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "checkpoint-000000000001.json").write_bytes(content)
        try:
            Directory(Path(directory)).read()
        except PlaceUnusable:
            return


def route_document(text: str) -> None:
    """As a router finds it in a store; it goes on by what it has when it cannot read it."""
    try:
        found = record.read(text)
    except ValueError:
        return
    assert record.read(json.dumps(record.to_document(found))) == found


def search(text: str) -> None:
    read = search_query.named(search_query.read(text), {"runs": "run"})
    search_query.read(read.text)
    for word in read.words:
        assert list(search_query.spellings(word))


def receiver(text: str) -> None:
    if outgoing.problem_with(text) == "":
        outgoing.shown(text)


def alert_receiver(text: str) -> None:
    if alert_channels.problem_with_apprise(text) == "":
        alert_channels.apprise_shown(text)


LISTS = ("/migrations", "/runs", "/targets", "/audit", "/windows", "/freezes", "/audit/checkpoints", "/policies")


@dataclass(frozen=True)
class Asked:
    """The installation over HTTP, as an admin's program and browser. Raises AssertionError for an answer of 500 on."""

    door: Door
    browser: Door

    def listing(self, path: str, query: Mapping[str, Any]) -> None:
        self._good(self.door.get(path, **query).status, path, query)

    def page(self, path: str, query: Mapping[str, Any]) -> None:
        self._good(self.browser.client.get(path, query).status_code, path, query)

    def made(self, path: str, body: Any) -> None:
        """What it would make is taken back, so that one example leaves nothing to the next."""
        with rolled_back():
            self._good(self.door.post(path, body).status, path, body)

    def imported(self, text: str) -> None:
        answer = self.door.send("post", "/migrations/import", text.encode("utf-8", "surrogatepass"))
        self._good(answer.status, "import", text)
        assert answer.status >= 400

    def headers(self, given: Mapping[str, str]) -> None:
        answer = self.door.send("post", "/targets", b"{}", **given)
        self._good(answer.status, "headers", given)
        assert answer.status >= 400

    def form(self, form: Form, values: Mapping[str, Any]) -> None:
        """Sent as a browser that is signed in would, whatever the one before it did to the session."""
        client = Client(enforce_csrf_checks=True)
        client.cookies.load({name: morsel.value for name, morsel in self.browser.client.cookies.items()})
        with rolled_back():
            answer = client.post(form.action, form.fields | values, headers=self.browser.headers)
            self._good(answer.status_code, form.action, values)

    def _good(self, status: int, *what: Any) -> None:
        assert status < 500, what


#: Those that need no database, by name. A function of text, or of bytes.
PLAIN: Mapping[str, Callable[[Any], None]] = {
    "yaml": yaml_document,
    "snapshot cursor": snapshot_cursor,
    "log line": log_line,
    "export": audit_export,
    "checkpoint": checkpoint_file,
    "route": route_document,
    "search": search,
    "receiver": receiver,
    "receiver of alerts": alert_receiver,
    **{f"configuration {name}": lambda content, name=name: configuration(name, content) for name in CONFIGURATIONS},
    **{f"snapshot {form}": lambda content, form=form: snapshot(form, content) for form in SNAPSHOTS},
}
OF_TEXT = ("yaml", "snapshot cursor", "log line", "route", "search", "receiver", "receiver of alerts")

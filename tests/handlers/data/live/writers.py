"""An application's writers, each a process: they insert, update, delete and change keys until they are told to stop.

`python -m tests.handlers.data.live.writers '{"number": 0, "of": 4, "places": [...], "stop": path, "pace": 0.001}'`
prints what it was answered: how many writes, and every row of its own that must be there now. A database that refuses
because its tables have moved makes it go on at the other one.
"""

import json
import random
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

MOVED = "have moved"


class Application:
    def __init__(self, number: int, of: int, places: list[dict[str, Any]], pace: float, **_: Any) -> None:
        self.of, self.number, self.places, self.pace = of, number, places, pace
        self.random = random.Random(number)  # noqa: S311 - test data
        self.rows: dict[int, tuple[str, str]] = {}
        self.parts: dict[tuple[int, int], str] = {}
        self.next = 0
        self.writes = 0
        self.moves = 0
        self.longest = 0.0
        self.here = 0
        self.connection = self._connect()

    def new_id(self) -> int:
        self.next += 1
        return self.next * self.of + self.number

    def _connect(self) -> Any:
        place = self.places[self.here]
        if place["engine"] == "postgres":
            return psycopg.connect(place["url"], autocommit=True, application_name="shop")
        connection = sqlite3.connect(place["path"], timeout=60, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def write(self, statement: str, *values: Any) -> None:
        """Answered, or raised: a refusal changes nothing, and is tried at the other place."""
        began = time.monotonic()
        while True:
            place = self.places[self.here]
            text = statement.format(items=place["items"], parts=place["parts"])
            text = text.replace("?", "%s") if place["engine"] == "postgres" else text
            try:
                self.connection.execute(text, values)
                break
            except (psycopg.Error, sqlite3.Error) as error:
                if MOVED not in str(error) and "permission denied" not in str(error):
                    raise
            if MOVED in str(self.refusal(text)):
                self.move()
        self.writes += 1
        self.longest = max(self.longest, time.monotonic() - began)

    def refusal(self, _text: str) -> str:
        """Where the tables are known to have moved it says so to everybody; a role without the right asks again."""
        time.sleep(0.01)
        try:
            self.connection.execute(f"DELETE FROM {self.places[self.here]['items']} WHERE id = -1")  # noqa: S608
        except (psycopg.Error, sqlite3.Error) as error:
            return str(error)
        return ""

    def move(self) -> None:
        self.connection.close()
        self.here = 1 - self.here
        self.moves += 1
        self.connection = self._connect()

    def once(self) -> None:
        """One write, and what it means for the rows that must be there."""
        chosen = self.random.random()
        own = self.random.choice(list(self.rows)) if self.rows else None
        if own is None or chosen < 0.4:
            new, note = self.new_id(), f"note {self.random.random()} ü"
            self.write("INSERT INTO {items} (id, code, note) VALUES (?, ?, ?)", new, f"code {new}", note)
            self.rows[new] = (f"code {new}", note)
        elif chosen < 0.65:
            note = f"changed {self.random.random()}"
            self.write("UPDATE {items} SET note = ? WHERE id = ?", note, own)
            self.rows[own] = (self.rows[own][0], note)
        elif chosen < 0.8:
            self.write("INSERT INTO {parts} (item, number, note) VALUES (?, ?, ?)", own, self.new_id(), "part")
            self.parts[own, self.next * self.of + self.number] = "part"
        elif chosen < 0.9:
            new = self.new_id()
            self.write("UPDATE {items} SET id = ? WHERE id = ?", new, own)
            self.rows[new] = self.rows.pop(own)
            self.parts = {(new if item == own else item, part): note for (item, part), note in self.parts.items()}
        else:
            self.write("DELETE FROM {items} WHERE id = ?", own)
            del self.rows[own]
            self.parts = {key: note for key, note in self.parts.items() if key[0] != own}
        if self.pace:
            time.sleep(self.pace)


def main(argument: str) -> None:
    given = json.loads(argument)
    application = Application(**given)
    stop, most = Path(given["stop"]), given.get("most", 10**9)
    while application.writes < most and not stop.exists():
        application.once()
    told = {
        "writes": application.writes,
        "moves": application.moves,
        "longest_ms": round(application.longest * 1000),
        "items": sorted([key, *values] for key, values in application.rows.items()),
        "parts": sorted([*key, note] for key, note in application.parts.items()),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])

"""Everything that works over one connection to a table of one layout."""

from functools import cached_property

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.postgres.adopting import Adopter
from migrations_app.stores.routed.postgres.clock import ServerClock
from migrations_app.stores.routed.postgres.guarded import Guarded
from migrations_app.stores.routed.postgres.holding import Holding
from migrations_app.stores.routed.postgres.joining import Joining
from migrations_app.stores.routed.postgres.journal import Journal
from migrations_app.stores.routed.postgres.names import find
from migrations_app.stores.routed.postgres.parts import Parts
from migrations_app.stores.routed.postgres.plain import Plain
from migrations_app.stores.routed.postgres.rows import Rows
from migrations_app.stores.routed.postgres.statements import TRUE, Statements
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import TableLayout
from migrations_app.stores.sessions.records import Codec


class Binding:
    def __init__(self, connection: Connection, layout: TableLayout, fences: Fences, codec: Codec) -> None:
        self.connection = connection
        self.layout = layout
        self._fences = fences
        self._codec = codec
        self._parts = Parts(find(connection, layout), layout, codec)
        self._rows = Rows(self._parts, codec)
        self._statements = Statements(connection)
        self.clock = ServerClock(connection)
        self.lacks_side = bool(layout.side) and not layout.has_side

    def side_has_come(self) -> bool:
        """Whether the side table that this layout lacks is there by now."""
        name = self.layout.names.side.as_string(self.connection).encode()
        found = self._statements.run("SELECT to_regclass($1::text) IS NOT NULL", (name,))
        return found.get_value(0, 0) == TRUE

    @cached_property
    def guarded(self) -> Guarded:
        return Guarded(self._statements, self._parts, self._rows)

    @cached_property
    def plain(self) -> Plain:
        return Plain(self._statements, self._parts, self._rows)

    @cached_property
    def joining(self) -> Joining:
        return Joining(self.connection, self._parts, self._fences)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.connection, self._parts.names, self._fences)

    @cached_property
    def holding(self) -> Holding:
        return Holding(self.connection, self._parts, self._fences, self._codec)

    @cached_property
    def adopter(self) -> Adopter:
        return Adopter(self.connection, self._parts, self._fences, self._rows)

"""What a kind of database can do, as far as a move of tables depends on it. What it cannot is said at planning."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine.interfaces import Dialect


@dataclass(frozen=True, slots=True)
class Abilities:
    """`session`: statements of each new connection; `writing`: of one that writes; `read_only`: of one that may not.

    `keys_off`: foreign keys are not looked at while a connection writes. `texts`: canonical texts of numbers and times
    are taken as they are; else they are bound as Python's own values.
    """

    transactional_ddl: bool = False
    keys_off: bool = False
    texts: bool = False
    zones: bool = True  # and a time in UTC with its zone
    gives_numbers: bool = False  # AUTO_INCREMENT, or its like, which takes values that a row brings and counts on
    known: bool = False  # somebody has tried it
    session: tuple[str, ...] = ()
    writing: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()

    def cannot(self, name: str) -> tuple[str, ...]:
        """Sentences for people, of what a target of this kind lacks."""
        said = []
        if not self.transactional_ddl:
            said.append(
                f"{name} commits each table, index and foreign key as it makes it: after a death in between some are "
                "there, and whoever goes on makes the rest."
            )
        if not self.keys_off:
            said.append(
                f"{name} checks foreign keys while rows arrive, so tables that refer to themselves or to each other "
                "may have rows refused that would hold in the end."
            )
        if not self.known:
            said.append(f"Nobody has tried to move tables into {name}; try it on a copy of the target first.")
        return tuple(said)


# Strict, so that nothing is cut or rounded silently, and 0 stays 0 in a column that gives numbers.
_MODES = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
_MYSQL = Abilities(
    keys_off=True,
    texts=True,
    zones=False,
    gives_numbers=True,
    known=True,
    session=("SET time_zone = '+00:00'", f"SET SESSION sql_mode = '{_MODES}'"),
    writing=("SET SESSION foreign_key_checks = 0", "SET SESSION innodb_lock_wait_timeout = 10"),
    read_only=("SET SESSION TRANSACTION READ ONLY",),
)
_KNOWN: Mapping[str, Abilities] = {
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": Abilities(transactional_ddl=True, keys_off=True, texts=True, known=True),
    "mssql": Abilities(transactional_ddl=True),
}
OF_NOTHING_KNOWN = Abilities()


def name_of(dialect: Dialect) -> str:
    """MariaDB is MariaDB whichever way it is addressed."""
    return "mariadb" if getattr(dialect, "is_mariadb", False) else dialect.name


def abilities_of(name: str) -> Abilities:
    return _KNOWN.get(name, OF_NOTHING_KNOWN)

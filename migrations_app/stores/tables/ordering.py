"""The order in which tables are filled, by their foreign keys. Tables that refer to each other share a level."""

from collections.abc import Iterator, Mapping, Sequence

from migrations_app.stores.tables.schema import Catalogue


def levels(catalogue: Catalogue, tables: Sequence[str]) -> Mapping[str, int]:
    """0 depends on none of these tables, 1 on those of level 0, and so on."""
    needs = _needs(catalogue, tables)
    found: dict[str, int] = {}
    for group in _groups(needs):  # what a group needs has come before it
        level = max((found[other] + 1 for one in group for other in needs[one] if other not in group), default=0)
        found.update(dict.fromkeys(group, level))
    return {name: found[name] for name in tables}


def cycles(catalogue: Catalogue, tables: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Tables that refer to each other round about, and those that refer to themselves; each group by its names."""
    needs = _needs(catalogue, tables)
    found = [tuple(sorted(group)) for group in _groups(needs) if len(group) > 1 or group[0] in needs[group[0]]]
    return tuple(sorted(found))


def _needs(catalogue: Catalogue, tables: Sequence[str]) -> dict[str, list[str]]:
    wanted = set(tables)
    return {
        name: sorted({key.table for key in catalogue.tables[name].foreign_keys} & wanted)
        if name in catalogue.tables
        else []
        for name in sorted(wanted)
    }


def _groups(needs: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Strongly connected components, each after those that it needs (Tarjan's way, without recursion)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_tables: list[str] = []
    for first in needs:
        path = [] if first in number else [(first, iter(needs[first]))]
        while path:
            table, others = path[-1]
            if table not in number:
                number[table] = lowest[table] = len(number)
                open_tables.append(table)
            for other in others:
                if other not in number:
                    path.append((other, iter(needs[other])))
                    break
                if other in open_tables:
                    lowest[table] = min(lowest[table], number[other])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[table])
                if lowest[table] == number[table]:
                    group = open_tables[open_tables.index(table) :]
                    del open_tables[len(open_tables) - len(group) :]
                    yield group

"""Pools: the keyword lists of before 0.6.0, sizes that are said twice, and one pool as a list of one."""

from collections.abc import Iterator

from migrations_app.configuration.document import Setting
from migrations_app.configuration.edits import New, Verbatim
from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.forms import pool_of_keyword
from migrations_app.configuration.rules.ground import Blocked, Change, Ground, Wish
from migrations_app.configuration.rules.headers import has_header, listed, unlisted
from migrations_app.configuration.rules.rule import Rule, WayBack
from migrations_app.configuration.schema import pools as schema
from migrations_app.configuration.values import Atom, Entry, Form, Literal, Sequence, Table
from migrations_app.snakepit.versions import Version

RENAMED = {"size": "pool_size", "adapter": "adapter_module"}
DROPPED = frozenset(key.name for key in schema.POOL_CONFIG if key.idle == schema.DROPPED)
BY_HAND = "It mixes forms that cannot be taken apart safely. Write it as a list of maps, each with a `name`."


def _keyword_pools(ground: Ground) -> Iterator[Change]:
    """`[default: [size: 4, max_overflow: 2, adapter: M]]`: the entries first, then the form."""
    for setting in ground.of("pools"):
        table = setting.value
        if not isinstance(table, Table) or table.form is not Form.KEYWORD:
            continue
        inner = [entry.value for entry in table.entries]
        within = [entry for pool in inner if isinstance(pool, Table) for entry in pool.entries]
        yield from _named_as_now(ground, within)
        forms = [pool_of_keyword(ground, entry) for entry in table.entries]
        if all(forms):
            wishes: tuple[Wish, ...] = tuple(wish for form in forms for wish in form)
            yield Change("pools", setting.span, wishes)
        else:
            yield Change("pools", setting.key_span, reason=BY_HAND, manner=Manner.MANUAL)


def _named_as_now(ground: Ground, within: list[Entry]) -> Iterator[Change]:
    for entry in within:
        if entry.name in RENAMED:
            new = RENAMED[entry.name]
            reason = f"A pool's `{entry.name}` is called `{new}`."
            yield Change(f"pools.{entry.name}", entry.span, ground.rename(entry, new), reason)
        elif entry.name == "max_overflow":
            reason = "No release has overflow workers; the key is deleted."
            yield Change("pools.max_overflow", entry.span, ground.remove(entry), reason)


def _one_size(ground: Ground) -> Iterator[Change]:
    """Up to 0.12.0 the pool's own size held; where it has none, the top-level one begins to count."""
    for setting in ground.of("pool_size"):
        tables = [
            ground.places.merged("pool_config", environment)
            for environment in ground.environments
            if setting in ground.places.given("pool_size", environment)
        ]
        if ground.of("pools"):
            continue
        if tables and all("pool_size" in table for table in tables):
            yield Change("pool_size", setting.span, ground.remove(setting))
        else:
            reason = (
                "`pool_size` at the top level had no effect up to 0.12.0: the pool got the size of `pool_config`, or "
                "twice the schedulers. From 0.13.0 on it counts. Check the number."
            )
            yield Change("pool_size", setting.key_span, reason=reason, manner=Manner.WARN)


def _size_back(ground: Ground) -> Iterator[Change | Blocked]:
    """A top-level size counts at 0.13.0 only."""
    for setting in ground.of("pool_size"):
        near = [one for one in ground.of("pool_config") if isinstance(one.value, Table)]
        if ground.of("pools"):
            continue
        reason = "Up to 0.12.0 only the size in `pool_config` has an effect."
        if not near:
            table: dict[str, New] = {"pool_size": Verbatim(setting.value.span)}
            wishes = ground.rename(setting, "pool_config") + ground.replace(setting.value, table)
            yield Change("pool_size", setting.span, wishes, reason)
        elif len(near) == 1 and isinstance(near[0].value, Table):
            yield from _into(ground, setting, near[0].value, reason)
        else:
            why = "several places give `pool_config`, and which one its size belongs to cannot be told"
            yield Blocked("pool_size", setting.span, why)


def _into(ground: Ground, setting: Setting, table: Table, reason: str) -> Iterator[Change]:
    own, value = table.get("pool_size"), Verbatim(setting.value.span)
    if own is not None and ground.text(own.value.span) != ground.text(setting.value.span):
        yield Change("pool_config.pool_size", own.span, ground.replace(own.value, value), reason)
    elif own is None:
        yield Change("pool_config.pool_size", table.span, ground.insert(table, "pool_size", value), reason)
    else:
        yield Change("pool_size", setting.span, ground.remove(setting), reason)


def _single(ground: Ground) -> tuple[Setting, ...]:
    """Every `pool_config`, if each is a map and nothing else says what the pools are."""
    found = ground.of("pool_config")
    elsewhere = ground.of("pools") or ground.of("pool_size")
    if elsewhere or not all(_plain(one) and _listed(ground, one) for one in found):
        return ()
    return found


def _plain(setting: Setting) -> bool:
    return isinstance(setting.value, Table) and setting.value.form is Form.MAP and bool(setting.value.entries)


def _name_it(ground: Ground) -> Iterator[Change]:
    for setting in _single(ground):
        if isinstance(setting.value, Table) and setting.value.get("name") is None:
            wishes = ground.insert(setting.value, "name", Atom("default"))
            yield Change("pool_config.name", setting.span, wishes)


def _list_it(ground: Ground) -> Iterator[Change]:
    """All places in one change: a list beside a left `pool_config` would leave half of the environments behind."""
    places = _single(ground)
    if places and all(isinstance(one.value, Table) and one.value.get("name") for one in places):
        wishes: tuple[Wish, ...] = ()
        for setting in places:
            wishes += _listed(ground, setting)
        yield Change("pool_config", places[0].span, wishes)


def _listed(ground: Ground, setting: Setting) -> tuple[Wish, ...]:
    if has_header(ground, setting):
        return listed(ground, setting, "pools")
    one: list[New] = [Verbatim(setting.value.span)]
    return ground.rename(setting, "pools") + ground.replace(setting.value, one)


def _unlisted(ground: Ground, setting: Setting, pool: Table) -> tuple[Wish, ...]:
    if has_header(ground, setting):
        return unlisted(ground, setting, "pool_config")
    return ground.rename(setting, "pool_config") + ground.replace(setting.value, Verbatim(pool.span))


def _unlist(ground: Ground) -> Iterator[Change | Blocked]:
    if ground.of("pool_config"):
        return
    places = ground.of("pools")
    ones = [_only(setting) for setting in places]
    if places and all(one is not None for one in ones):
        wishes: tuple[Wish, ...] = ()
        for setting, one in zip(places, ones, strict=True):
            if one is not None:
                wishes += _unlisted(ground, setting, one)
        yield Change("pools", places[0].span, wishes)


def _only(setting: Setting) -> Table | None:
    value = setting.value
    if not isinstance(value, Sequence) or len(value.items) != 1:
        return None
    pool = value.items[0]
    name = pool.get("name") if isinstance(pool, Table) else None
    default = name is not None and isinstance(name.value, Literal) and name.value.value in (Atom("default"), "default")
    return pool if isinstance(pool, Table) and default else None


def _unname(ground: Ground) -> Iterator[Change]:
    for setting in ground.of("pool_config"):
        name = setting.value.get("name") if isinstance(setting.value, Table) else None
        if name is not None and isinstance(name.value, Literal) and name.value.value == Atom("default"):
            yield Change("pool_config.name", name.span, ground.remove(name))


def _no_pools(ground: Ground) -> Iterator[Blocked]:
    for setting in ground.of("pools"):
        yield Blocked("pools", setting.span, "releases before 0.6.0 have one pool, by `pool_config`")


def _nothing(ground: Ground) -> Iterator[Change]:
    yield from ()


def _dropped(ground: Ground) -> Iterator[Change]:
    for setting in ground.of("pool_config"):
        if isinstance(setting.value, Table) and ground.origin >= Version("0.6.0"):
            for entry in setting.value.entries:
                if entry.name in DROPPED:
                    reason = (
                        f"`pool_config.{entry.name}` was dropped without a word from 0.6.0 to 0.11.1; from 0.12.0 on "
                        "it counts. Delete it if what happened before shall go on."
                    )
                    yield Change(f"pool_config.{entry.name}", entry.span, reason=reason)


RULES = (
    Rule(
        "keyword-pools",
        "0.6.0",
        Manner.AUTOMATIC,
        "`pools` as a keyword list becomes a list of maps",
        "A keyword list never worked here: before 0.6.0 nothing reads `pools`, and from then on it is refused. As a "
        "list of maps it counts, so from now on these sizes hold: check them.",
        _keyword_pools,
        WayBack.SNAPSHOT,
        leftovers=True,
    ),
    Rule(
        "several-pools",
        "0.6.0",
        Manner.WARN,
        "`pools` have no counterpart before",
        "Releases before 0.6.0 have one pool.",
        _nothing,
        WayBack.RULE,
        _no_pools,
    ),
    Rule(
        "whole-pool-config",
        "0.12.0",
        Manner.WARN,
        "all of `pool_config` counts",
        "`pool_config` is merged whole into the pool since 0.12.0.",
        _dropped,
    ),
    Rule(
        "one-size",
        "0.13.0",
        Manner.AUTOMATIC,
        "a top-level `pool_size` beside the pool's own is deleted",
        "Both are set. Up to 0.12.0 the one in `pool_config` held; from 0.13.0 on this one would. It is deleted, so "
        "that the pool keeps its size.",
        _one_size,
        WayBack.RULE,
        _size_back,
    ),
)
LIST_OF_ONE = (
    Rule(
        "name-the-pool",
        "0.13.0",
        Manner.AUTOMATIC,
        "the pool of `pool_config` gets its name",
        "The only pool is called :default; as one of `pools` it has to say so.",
        _name_it,
        WayBack.RULE,
        _unname,
        optional=True,
    ),
    Rule(
        "list-the-pool",
        "0.13.0",
        Manner.AUTOMATIC,
        "`pool_config` becomes `pools`, a list of one",
        "`pool_config` is the old way to write the only pool. It means the same as a list of one, and no longer "
        "leaks into pools that are added. If your own code sets `:pool_config` at run time, let it set `:pools`.",
        _list_it,
        WayBack.RULE,
        _unlist,
        optional=True,
    ),
)

"""Valid configurations of a release, made up: any keys that it reads, with any values that it takes."""

from hypothesis import strategies as st

from migrations_app.configuration.schema import pools
from migrations_app.configuration.schema.judge import KEYS
from migrations_app.configuration.schema.keys import Key
from migrations_app.configuration.schema.kinds import (
    Either,
    Environment,
    Flag,
    Kind,
    Lifetime,
    ListOf,
    ModuleName,
    Name,
    Number,
    OneOf,
    TableOf,
    Text,
)
from migrations_app.configuration.values import Form
from migrations_app.snakepit.versions import Version

# Taken together by `pools_of`, or with a meaning only together.
APART = frozenset({"pools", "pool_config", "pool_size", "adapter_module", "grpc_listener", "grpc_host", "grpc_port"})
COMMENTS = ("", "", "  # kept as it is\n", "  # one\n  # two\n")


SIMPLE: dict[type[Kind], tuple[str, ...]] = {
    Kind: ("nil", "Mine.Module"),
    Flag: ("true", "false"),
    Text: ('"a"', '"pä th"', '"b.C"'),
    Name: (":a", ":b_c"),
    ModuleName: ("Mine.Adapter",),
    Lifetime: (":infinity", "{30, :minutes}"),
    Environment: ('[{"A", "1"}]', '%{"A" => "1"}'),
}


def written(kind: Kind, at: Version) -> st.SearchStrategy[str]:
    """A value of the kind, as Elixir."""
    match kind:
        case Number():
            return number(kind)
        case OneOf():
            names = [f":{name}" for name in kind.names]
            return st.sampled_from([*names, "true", "false"] if kind.flags else names)
        case ListOf():
            return st.lists(written(kind.item, at), max_size=2).map(lambda items: f"[{', '.join(items)}]")
        case Either():
            return written(kind.kinds[0], at)
        case TableOf(open=True):
            return st.sampled_from(("%{}", "%{a: 1}"))
        case TableOf():
            return table(kind, at)
    return st.sampled_from(SIMPLE[type(kind)])


def number(kind: Number) -> st.SearchStrategy[str]:
    if not kind.whole:
        return st.sampled_from(("1", "1.0"))
    numbers = st.integers(kind.low, kind.high if kind.high is not None else 900_000).map(str)
    return st.one_of(numbers, st.just(":infinity")) if kind.infinity else numbers


def table(kind: TableOf, at: Version, *, without: frozenset[str] = frozenset()) -> st.SearchStrategy[str]:
    keys = [key for key in read_by(kind.keys, at) if key.name not in without]
    opening = "%{" if Form.MAP in kind.forms else "["
    closing = "}" if opening == "%{" else "]"
    entries = st.lists(st.sampled_from(keys), unique_by=lambda key: key.name, max_size=4) if keys else st.just([])
    return entries.flatmap(
        lambda chosen: st.tuples(*(entry(key, at) for key in chosen)).map(
            lambda lines: f"{opening}{', '.join(lines)}{closing}"
        )
    )


def entry(key: Key, at: Version) -> st.SearchStrategy[str]:
    return written(key.kind, at).map(lambda value: f"{key.name}: {value}")


def read_by(keys: tuple[Key, ...], at: Version) -> list[Key]:
    return [key for key in keys if key.lives_at(at) and not key.idle]


def pools_of(at: Version) -> st.SearchStrategy[list[str]]:
    """One pool, several, or none; never both ways of saying it."""
    config = TableOf(pools.POOL_CONFIG, frozenset({Form.MAP}))
    ways = [st.just([]), table(config, at, without=frozenset({"name"})).map(lambda text: [f"pool_config: {text}"])]
    if at >= Version("0.6.0"):
        inner = table(TableOf(pools.POOL, frozenset({Form.MAP})), at, without=frozenset({"name"}))
        named = st.lists(inner, min_size=1, max_size=2).map(
            lambda found: [
                f"%{{name: :pool_{number}, {text[2:]}".replace(", }", "}") for number, text in enumerate(found)
            ]
        )
        ways.append(named.map(lambda texts: [f"pools: [{', '.join(texts)}]"]))
    if at >= Version("0.13.0"):
        ways.append(st.integers(1, 300).map(lambda size: [f"pool_size: {size}"]))
    return st.one_of(ways)


def ports_of(at: Version) -> st.SearchStrategy[list[str]]:
    if at < Version("0.4.0"):
        return st.just([])
    old = st.sampled_from(([], ["grpc_port: 50_052"], ["grpc_port: 50_052", 'grpc_host: "a"'], ['grpc_host: "a"']))
    if at < Version("0.10.0"):
        return old
    return st.sampled_from(
        ([], ["grpc_listener: [mode: :internal]"], ['grpc_listener: %{mode: :external, host: "a", port: 7}'])
    )


@st.composite
def configurations(draw: st.DrawFn, at: Version) -> str:
    keys = [key for key in read_by(KEYS, at) if key.name not in APART]
    chosen = draw(st.lists(st.sampled_from(keys), unique_by=lambda key: key.name, max_size=6))
    lines = [draw(entry(key, at)) for key in chosen] + draw(pools_of(at)) + draw(ports_of(at))
    lines = draw(st.permutations(lines or ["pooling_enabled: true"]))
    commented = [draw(st.sampled_from(COMMENTS)) + f"  {line}" for line in lines]
    calls = draw(st.integers(0, len(commented) - 1))
    parts = [part for part in (commented[:calls], commented[calls:]) if part]
    return "# first\nimport Config\n" + "\n".join("\nconfig :snakepit,\n" + ",\n".join(part) for part in parts) + "\n"

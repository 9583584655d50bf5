"""The page on Snakepit's configuration by version, from the tables that the checks and rules themselves go by."""

from collections.abc import Iterator, Sequence

from migrations_app.configuration.rules.chain import CHAIN
from migrations_app.configuration.rules.rule import WayBack
from migrations_app.configuration.schema import blocks, dead, grpc, pools, timeouts
from migrations_app.configuration.schema.keys import Key
from migrations_app.configuration.schema.kinds import ListOf, TableOf
from migrations_app.snakepit.versions import RELEASES

HEAD = f"""# Snakepit's configuration, version by version

What each key of `config :snakepit` may be, from {RELEASES[0]} to {RELEASES[-1]}, and what Snakepit really makes of it:
read in the code of each tag, not in its guides. This page is written from the tables that the checks and the conversion
go by, and a test holds it. “From” and “to” are the first and the last release in which a row holds; a default is what
the code falls back to, whatever Snakepit's own `config/` says, which no application that depends on it ever loads.

Three things to know first:
* `config` merges keyword lists key by key, and *replaces* maps: `pool_config: %{{pool_size: 2}}` in `test.exs` drops
  everything else that `config.exs` said of it. A map over a keyword list, or the reverse, replaces too.
* A key that nothing reads is no error anywhere. It is shown here with what happens instead.
* `pooling_enabled` is false in the code of every release. Without it nothing starts.
"""
NOUNS: tuple[tuple[str, Sequence[Key]], ...] = (
    ("Pools, sizes and adapters", pools.KEYS),
    ("gRPC", grpc.KEYS),
    ("Timeouts, retries and limits", timeouts.KEYS),
    ("Heartbeat, sessions, Python, logs, telemetry and clean-up", blocks.KEYS),
    ("Never read by any release", dead.KEYS),
)
BACK = {WayBack.RULE: "by the rule", WayBack.NOTHING: "nothing to do", WayBack.SNAPSHOT: "by a snapshot only"}


def page() -> str:
    """The whole page as Markdown."""
    parts = [HEAD]
    for title, keys in NOUNS:
        parts.append(
            f"\n## {title}\n\n| key | from | to | value | default | what it does |\n|---|---|---|---|---|---|\n"
        )
        parts += [f"{row}\n" for row in _rows(keys, "")]
    parts.append(
        "\n## Rules of a conversion\n\n"
        "In the order in which they are applied. “Back” is what leads to the older form again.\n\n"
        "| release | rule | manner | what it does | back | why |\n|---|---|---|---|---|---|\n"
    )
    parts += [
        f"| {rule.version} | `{rule.id}` | {rule.manner} | {_cell(rule.title)} | {BACK[rule.way_back]} "
        f"| {_cell(rule.reason)} |\n"
        for rule in CHAIN
    ]
    return "".join(parts)


def _rows(keys: Sequence[Key], within: str) -> Iterator[str]:
    for key in keys:
        name = f"{within}{key.name}"
        default = f"`{_cell(key.default)}`" if key.default else ""
        yield f"| `{name}` | {key.since} | {_last(key)} | {_cell(key.kind.says)} | {default} | {_cell(_does(key))} |"
        if not key.idle and key is [one for one in keys if one.name == key.name][-1]:
            kind = key.kind.item if isinstance(key.kind, ListOf) else key.kind
            if isinstance(kind, TableOf):
                yield from _rows(kind.keys, f"{name}[]." if isinstance(key.kind, ListOf) else f"{name}.")


def _does(key: Key) -> str:
    if key.idle:
        return f"No effect: {key.idle}. {key.instead}".strip()
    parts = [key.does]
    kind = key.kind.item if isinstance(key.kind, ListOf) else key.kind
    if isinstance(kind, TableOf) and kind.refused:
        parts.append(kind.refused)
    if key.gone:
        parts.append(f"Afterwards: {key.gone}")
    return " ".join(filter(None, parts))


def _last(key: Key) -> str:
    return RELEASES[RELEASES.index(key.until) - 1] if key.until else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

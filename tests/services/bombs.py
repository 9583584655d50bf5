"""Small YAML documents that cost a careless reader minutes or gigabytes."""

_LEVELS = 9
_ANCHORS = "\n".join(
    [f"a0: &a0 [{', '.join(['lol'] * 9)}]"]
    + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, _LEVELS)]
)
_DOCUMENT = """
apiVersion: {apiVersion}
kind: {kind}
metadata: {{title: t, environment: staging}}
spec: {{type: {type}, targets: {{source: sessions-source, target: sessions-target}}, parameters: {parameters}}}
"""
_PLAIN = {"apiVersion": "snakeweb/v1", "kind": "Migration", "type": "session_migration", "parameters": "{}"}


def aliases(place: str) -> str:
    """Below 1 KB, for 9 ** 9 values: at `apiVersion`, `kind`, `type` or `parameters`, or as a `key`."""
    bomb = f"*a{_LEVELS - 1}"
    if place == "key":
        return f"{_ANCHORS}\n{_DOCUMENT.format(**_PLAIN)}? {bomb}\n: 1\n"
    return f"{_ANCHORS}\n{_DOCUMENT.format(**_PLAIN | {place: bomb})}"


ALIASES = aliases("type")
BOMBS = {
    "aliases": ALIASES,
    "flow": "{" + "a," * 30_000 + "a}",
    "brackets": "[" * 60_000,
    "spaced brackets": "[ " * 30_000,
    "keys": "\n".join(f"k{n}: {n}" for n in range(6_000)),
    "long flow": "{" + "a," * 90_000 + "a}",
    "many keys": "\n".join(f"k{n}: {n}" for n in range(20_000)),
    "dashes": "- " * 30_000,
    "questions": "? " * 30_000,
    "documents": "---\n" * 15_000,
}

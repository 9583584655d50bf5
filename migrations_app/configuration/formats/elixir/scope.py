"""What is known at a place of an Elixir file without running it: aliases, and what bound variables came from."""

from dataclasses import dataclass, field

from tree_sitter import Node

from migrations_app.configuration.formats.elixir.strings import plain
from migrations_app.configuration.formats.syntax import nodes
from migrations_app.configuration.formats.text import Text

ENVIRONMENT_READERS = frozenset(
    {"System.get_env", "System.fetch_env", "System.fetch_env!", "env!", "Dotenvy.env!"},
)
ENVIRONMENT_NAMES = frozenset({"config_env", "Mix.env", "Config.config_env"})


@dataclass(slots=True)
class Scope:
    """`aliases`: short to full module name; `variables`: bound name to the environment variables it was made of;
    `environments`: bound names that hold `config_env()`."""

    aliases: dict[str, str] = field(default_factory=dict)
    variables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    environments: set[str] = field(default_factory=set)

    def inner(self) -> "Scope":
        return Scope(dict(self.aliases), dict(self.variables), set(self.environments))

    def module(self, written: str) -> str:
        first, dot, rest = written.partition(".")
        return f"{self.aliases.get(first, first)}{dot}{rest}".removeprefix("Elixir.")

    def bind(self, text: Text, name: Node, value: Node) -> None:
        bound = text.of(name)
        self.variables[bound] = read_variables(text, value, self)
        if is_environment(text, value, self):
            self.environments.add(bound)
        else:
            self.environments.discard(bound)

    def alias(self, text: Text, call: Node) -> None:
        """`alias A.B`, `alias A.B, as: C`, `alias A.{B, C.D}`."""
        given = arguments(call)
        if not given:
            return
        if given[0].type == "alias":
            full = self.module(text.of(given[0]))
            as_names = [text.of(node) for node in nodes(given[-1]) if node.type == "alias"] if len(given) > 1 else []
            self.aliases[as_names[0] if as_names else full.rpartition(".")[2]] = full
        elif given[0].type == "dot":
            several = [child for child in given[0].named_children if child.type == "tuple"]
            parent = [child for child in given[0].named_children if child.type == "alias"]
            for child in several[0].named_children if several and parent else ():
                full = f"{self.module(text.of(parent[0]))}.{text.of(child)}"
                self.aliases[full.rpartition(".")[2]] = full


def called(text: Text, node: Node) -> str:
    """`config`, `Application.put_env`: the name that a call goes to; empty for anything else."""
    target = node.child_by_field_name("target") if node.type == "call" else None
    return "".join(text.of(target).split()) if target is not None and target.type in {"identifier", "dot"} else ""


def bound_name(node: Node) -> tuple[Node, Node] | None:
    """Name and value of `name = value`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = node.child_by_field_name("operator")
    if left is None or right is None or operator is None or operator.type != "=" or left.type != "identifier":
        return None
    return left, right


def arguments(call: Node) -> list[Node]:
    given = next((child for child in call.named_children if child.type == "arguments"), None)
    return [child for child in given.named_children if child.type != "comment"] if given is not None else []


def read_variables(text: Text, root: Node, scope: Scope) -> tuple[str, ...]:
    """The environment variables that an expression reads, itself or through a bound variable, in their order."""
    found: dict[str, None] = {}
    for node in nodes(root):
        if node.type == "identifier":
            found |= dict.fromkeys(scope.variables.get(text.of(node), ()))
        elif called(text, node) in ENVIRONMENT_READERS:
            given = arguments(node)
            piped = node.parent
            if not given and piped is not None and piped.type == "binary_operator":
                given = [child for child in piped.named_children if child.type == "string"]
            name = plain(text, given[0]) if given and given[0].type == "string" else None
            if name is not None:
                found[name] = None
    return tuple(found)


def is_environment(text: Text, node: Node, scope: Scope) -> bool:
    """`config_env()`, `Mix.env()`, or a variable that holds it."""
    if node.type == "identifier":
        name = text.of(node)
        return name in ENVIRONMENT_NAMES or name in scope.environments
    return called(text, node) in ENVIRONMENT_NAMES and not arguments(node)

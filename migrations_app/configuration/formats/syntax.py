"""What is wrong with a file that its grammar does not accept: the place, and what was expected there."""

from collections.abc import Iterator, Mapping
from itertools import islice

from tree_sitter import Node

from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.problems import ConfigProblem, Severity

MOST_PROBLEMS = 200  # of one file; whoever mends so many reads it again
QUOTED = frozenset({"string", "charlist", "sigil", "quoted_atom", "quoted_keyword"})
NAMES = {"identifier": "a value", "}": "`}`", "]": "`]`", ")": "`)`", "end": "`end`", "quoted_end": "the closing quote"}


def syntax_problems(
    text: Text, root: Node, pairs: Mapping[str, str], reserved: frozenset[str] = frozenset()
) -> tuple[ConfigProblem, ...]:
    """Every place at once; none when the file is well formed.

    `pairs`: the format's brackets; `reserved`: words that its grammar takes for names, though they are none.
    """
    found = list(_stray(text, root, reserved)) if reserved else []
    if root.has_error:
        found += list(islice(_unbalanced(text, root, pairs), MOST_PROBLEMS)) or [
            _problem(text, node) for node in islice(_outermost_errors(root), MOST_PROBLEMS)
        ]
    return tuple(sorted(set(found), key=lambda problem: problem.span.start if problem.span else 0))


def leaves(root: Node) -> Iterator[tuple[Node, Node | None]]:
    """The tokens of a tree in their order, each with the node that it stands in, without recursion.

    A token's own `parent` is looked for among all its siblings, which a flat tree has millions of.
    """
    cursor = root.walk()
    parents: list[Node] = []
    while True:
        node = cursor.node
        if cursor.goto_first_child():
            parents += [node] if node is not None else []
            continue
        if node is not None:
            yield node, parents[-1] if parents else None
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            parents.pop()


def nodes(root: Node) -> Iterator[Node]:
    """All that stands in a node, itself first, without recursion."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _stray(text: Text, root: Node, reserved: frozenset[str]) -> Iterator[ConfigProblem]:
    for token, parent in leaves(root):
        if token.type == "identifier" and text.of(token) in reserved and parent and parent.type != "dot":
            yield _error(text, token, f"`{text.of(token)}` cannot stand here: nothing that it belongs to is open.")


def _unbalanced(text: Text, root: Node, pairs: Mapping[str, str]) -> Iterator[ConfigProblem]:
    still_open: list[Node] = []
    for token, parent in leaves(root):
        quoted = parent is not None and parent.type in QUOTED
        if token.start_byte == token.end_byte:
            if token.type in {'"', "'", '"""', "'''"} and parent is not None:
                yield _error(text, parent, f"The text that begins here is never closed: expected {token.type}.")
            continue
        if quoted:
            continue
        if token.type in pairs:
            still_open.append(token)
        elif token.type in set(pairs.values()):
            if not still_open:
                yield _error(text, token, f"`{token.type}` closes nothing: expected the end of the file.")
                continue
            opening = still_open.pop()
            if pairs[opening.type] != token.type:
                yield _error(
                    text,
                    token,
                    f"Expected `{pairs[opening.type]}`, because `{opening.type}` of line {opening.start_point.row + 1} "
                    f"is still open, and found `{token.type}`.",
                )
    for opening in still_open:
        yield _error(text, opening, f"`{opening.type}` is never closed: expected `{pairs[opening.type]}`.")


def _outermost_errors(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing or (node.start_byte == node.end_byte and node.child_count == 0):
            yield node
        elif node.has_error:
            waiting.extend(node.children)


def _problem(text: Text, node: Node) -> ConfigProblem:
    if node.start_byte == node.end_byte:
        return _error(text, node, f"Expected {NAMES.get(node.type, f'`{node.type}`')} here.")
    written = text.of(node)
    before, after = node.prev_sibling, node.next_sibling
    if written.startswith(":") and before is not None and before.end_byte == node.start_byte:
        key = f"{_start(text.of(before))}:"
        if text.content[node.start_byte + 1 : node.start_byte + 2].isspace():
            return _error(text, before, f"Expected a comma before `{key}`.")
        return _error(text, before, f"Expected a space after `{key}`.")
    if written.rstrip().endswith(","):
        return _error(
            text, node, "Expected another `key: value` after this comma, or no comma: a keyword list ends a call."
        )
    if after is not None and after.is_named and node.named_child_count:
        return _error(text, after, f"Expected a comma or the end of the line before `{_start(text.of(after))}`.")
    return _error(text, node, f"Expected a comma, an operator or the end of the line, and found `{_start(written)}`.")


def _start(written: str) -> str:
    first = written.strip().partition("\n")[0].strip()
    return first if len(first) <= 30 else f"{first[:29]}…"


def _error(text: Text, node: Node, message: str) -> ConfigProblem:
    return ConfigProblem(
        "syntax",
        Severity.ERROR,
        "",
        f"{message} Nothing of {text.path} was read.",
        "Correct it, or restore the last version that worked.",
        text.at(node),
    )

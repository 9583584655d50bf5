"""Questions to a node of Elixir's syntax tree (the grammar is tree-sitter-elixir's)."""

from collections.abc import Iterator

from tree_sitter import Node

from migrations_app.sources.places import Place


def linked(node: Node) -> Iterator[tuple[str, Node]]:
    """What `alias`, `import`, `require` or `use` names, one or several."""
    if name := module_name(node):
        yield name, node
    elif node.type == "dot" and (left := node.child_by_field_name("left")) is not None:
        right = node.child_by_field_name("right")
        for one in right.named_children if right is not None and right.type == "tuple" else ():
            yield f"{module_name(left)}.{module_name(one)}", one


def given_name(arguments: list[Node]) -> str:
    for argument in arguments[1:]:
        if argument.type == "keywords":
            for pair in argument.named_children:
                key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if key is not None and value is not None and text(key).strip() == "as:":
                    return module_name(value)
    return ""


def module_name(node: Node) -> str:
    """`A.B`, `__MODULE__.B`; '' for anything that is no module's name."""
    if node.type == "alias" or (node.type == "identifier" and text(node) == "__MODULE__"):
        return "".join(text(node).split())
    if node.type == "dot":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is not None and right is not None and right.type == "alias" and module_name(left):
            return f"{module_name(left)}.{text(right)}"
    return ""


def arity(call: Node, arguments: list[Node]) -> int:
    """Keywords without brackets are one argument; what is piped in is the first; a `do` block is the last."""
    piped = (
        call.parent is not None
        and call.parent.type == "binary_operator"
        and operator(call.parent) == "|>"
        and call.parent.child_by_field_name("right") == call
    )
    return len(arguments) + piped + any(child.type == "do_block" for child in call.named_children)


def arguments(call: Node) -> list[Node]:
    found = [child for child in call.named_children if child.type == "arguments"]
    return [one for one in found[0].named_children if one.type != "comment"] if found else []


def blocks(call: Node) -> list[Node]:
    return [child for child in call.named_children if child.type == "do_block"]


def keys(keywords: Node) -> Iterator[str]:
    for pair in keywords.named_children:
        if (key := pair.child_by_field_name("key")) is not None:
            yield text(key).strip().removesuffix(":")


def operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return text(operator) if operator is not None else ""


def broken(node: Node) -> Iterator[Place]:
    if node.is_error or node.is_missing:
        yield place(node)
    elif node.has_error:
        for child in node.children:
            yield from broken(child)


def place(node: Node) -> Place:
    return Place(node.start_point.row + 1, node.start_byte, node.end_byte)


def text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")

"""Reading a request's body: JSON everywhere, YAML where a document is imported. Bad text is a clear problem."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from migrations_app.api.problems import Unreadable

DEEPEST = 50  # levels of nesting; no document of ours comes near
MOST_NODES = 20_000


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Raises Unreadable, naming line and column."""
        try:
            document = json.loads(request.body, parse_constant=_no_constant)
        except UnicodeDecodeError as error:
            raise Unreadable("malformed_json", "The body is not UTF-8 text.", "Send JSON as UTF-8.") from error
        except json.JSONDecodeError as error:
            raise Unreadable(
                "malformed_json",
                f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
                "Mend the JSON there; nothing was changed.",
            ) from error
        except (RecursionError, ValueError) as error:
            raise Unreadable(
                "malformed_json", f"The body cannot be read as JSON: {error}.", "Mend the JSON."
            ) from error
        if not isinstance(document, dict):
            raise Unreadable("malformed_json", "The body is not a JSON object.", "Send an object: { ... }.")
        return document


def yaml_document(body: bytes) -> dict[str, Any]:
    """A migration document, from YAML or JSON text. Raises Unreadable, naming line and column."""
    try:
        text = body.decode()
        document = _checked(YAML(typ="safe", pure=True).load(text))
    except UnicodeDecodeError as error:
        raise Unreadable("malformed_yaml", "The document is not UTF-8 text.", "Send YAML as UTF-8.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Unreadable(
            "malformed_yaml",
            f"The document is not YAML: {error.problem or error.context}{where}.",
            "Mend the YAML there; nothing was changed.",
        ) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(
            "malformed_yaml", f"The document cannot be read as YAML: {error}.", "Mend the YAML."
        ) from error
    if not isinstance(document, dict):
        raise Unreadable(
            "malformed_yaml",
            "The document is not a mapping.",
            "Begin with `apiVersion: snakeweb/v1` and `kind: Migration`.",
        )
    return document


def _checked(document: Any) -> Any:
    """Aliases can make a small text stand for a huge document; count what it stands for before using it."""
    pending, nodes = [(document, 0)], 0
    while pending:
        node, depth = pending.pop()
        nodes += 1
        if depth > DEEPEST or nodes > MOST_NODES:
            raise ValueError(f"it is deeper than {DEEPEST} levels or larger than {MOST_NODES} values")
        if isinstance(node, dict):
            pending += [(value, depth + 1) for value in node.values()]
        elif isinstance(node, list):
            pending += [(value, depth + 1) for value in node]
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")

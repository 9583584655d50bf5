"""What is refused by its shape (`test_saml_answers.py` has the same in answers, and what each would have cost)."""

import pytest
from lxml.etree import LxmlError

from migrations_app.runtime.identity import SignOnFailed
from migrations_app.runtime.saml_bounds import (
    MOST_ATTRIBUTES,
    MOST_ELEMENTS,
    MOST_LEVELS,
    MOST_NAMESPACE,
    MOST_PREFIXES,
    require_bounded,
)

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def namespace(count: int) -> str:
    return f'<a xmlns:p="{"u" * count}"/>'


def elements(count: int) -> str:
    return f"<a>{'<b/>' * (count - 1)}</a>"


def attributes(count: int) -> str:
    declared = "".join(f' xmlns:n{number}="u:{number}"' for number in range(count - 1))
    return f'<a><b{declared} c=""/><b c="" d=""/></a>'


def levels(count: int) -> str:
    return f"<r><a/>{'<a>' * (count - 1)}{'</a>' * (count - 1)}</r>"


def prefixes(count: int) -> str:
    return f'<a xmlns="{EXCLUSIVE}"><InclusiveNamespaces PrefixList="{" ".join("p" * count)}"/></a>'


@pytest.mark.parametrize(
    ("document", "most"),
    [
        (namespace, MOST_NAMESPACE),
        (elements, MOST_ELEMENTS),
        (attributes, MOST_ATTRIBUTES),
        (levels, MOST_LEVELS),
        (prefixes, MOST_PREFIXES),
    ],
)
def test_each_bound_is_where_it_says(document: type, most: int) -> None:
    require_bounded(document(most).encode())
    with pytest.raises(SignOnFailed, match=f"more than {most:,}"):
        require_bounded(document(most + 1).encode())


def test_what_is_no_xml_is_said_as_such() -> None:
    with pytest.raises(LxmlError):
        require_bounded(b"<a>")

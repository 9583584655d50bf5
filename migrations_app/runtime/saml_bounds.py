"""What it may cost to compute the signatures of a document, before any is computed.

A signature is of the canonical form of a document (Exclusive XML Canonicalization 1.0), which repeats the declaration
of a namespace at each element that uses it, and looks each listed prefix up at each element. The form may so be some
thousand times as long as the document: whoever may post one without showing who they are would decide how much memory
and time that takes. Answers of providers hold a few hundred elements and namespaces of some 50 characters.
"""

from lxml import etree

from migrations_app.runtime.identity import SignOnFailed

MOST_NAMESPACE = 200  # characters of its name
MOST_ELEMENTS = 5_000
MOST_ATTRIBUTES = 30  # of one element, declarations of namespaces included
MOST_LEVELS = 20
MOST_PREFIXES = 10  # that one canonicalization lists; providers list xs, xsi and a few more

_LISTED = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"


def require_bounded(content: bytes) -> None:
    """In time and memory that grow with its length alone. Raises SignOnFailed, and LxmlError for what is no XML."""
    parser = etree.XMLPullParser(("start-ns", "start", "end"), resolve_entities=False, no_network=True)
    parser.feed(content)
    parser.close()
    elements = declared = level = 0
    for event, found in parser.read_events():
        if event == "start-ns":
            declared += 1
            _require(len(found[1]) <= MOST_NAMESPACE, f"a namespace of more than {MOST_NAMESPACE} characters")
        elif event == "start":
            elements, level = elements + 1, level + 1
            _require(elements <= MOST_ELEMENTS, f"more than {MOST_ELEMENTS:,} elements")
            _require(level <= MOST_LEVELS, f"more than {MOST_LEVELS} levels")
            _require(declared + len(found.attrib) <= MOST_ATTRIBUTES, f"more than {MOST_ATTRIBUTES} attributes of one")
            listed = len(found.get("PrefixList", "").split()) if found.tag == _LISTED else 0
            _require(listed <= MOST_PREFIXES, f"a list of more than {MOST_PREFIXES} prefixes")
            declared = 0
        else:
            level -= 1


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SignOnFailed(f"The provider's answer holds {otherwise}.")

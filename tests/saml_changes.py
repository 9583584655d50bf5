"""What somebody changes in a signed answer of a SAML provider, as a tree; `saml_provider.py` names each."""

import re
from copy import deepcopy
from typing import Any

from lxml import etree

P, S = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"


def _assertion(response: Any) -> Any:
    return response.find(f"{{{S}}}Assertion")


def _forged(response: Any, *, another_id: bool = True) -> Any:
    """A copy of the assertion that says somebody else, without the signature."""
    forged = deepcopy(_assertion(response))
    forged.remove(forged.find(f"{{{DS}}}Signature"))
    forged.find(f".//{{{S}}}NameID").text = "boss"
    if another_id:
        forged.set("ID", "forged")
    return forged


def wrapped_beside(response: Any) -> None:
    _assertion(response).addprevious(_forged(response))


def wrapped_with_one_id(response: Any) -> None:
    _assertion(response).addnext(_forged(response, another_id=False))


def wrapped_in_extensions(response: Any) -> None:
    genuine, forged = _assertion(response), _forged(response)
    extensions = etree.Element(f"{{{P}}}Extensions")
    response.find(f"{{{S}}}Issuer").addnext(extensions)
    genuine.addnext(forged)
    extensions.append(genuine)


def wrapped_in_its_signature(response: Any) -> None:
    """The forged assertion carries the signature, which holds the genuine one."""
    genuine, forged = _assertion(response), _forged(response)
    signature = genuine.find(f"{{{DS}}}Signature")
    genuine.addnext(forged)
    forged.insert(1, signature)
    etree.SubElement(signature, f"{{{DS}}}Object").append(genuine)


def of_another_part(response: Any) -> None:
    """A signature of the answer's status, put into a forged assertion."""
    forged, signature = _forged(response), _assertion(response).find(f"{{{DS}}}Signature")
    forged.insert(1, signature)
    signature.find(f".//{{{DS}}}Reference").set("URI", "")
    response.replace(_assertion(response), forged)


def says_boss(response: Any) -> None:
    _assertion(response).find(f".//{{{S}}}NameID").text = "boss"


def hidden_encrypted(response: Any) -> None:
    etree.SubElement(etree.SubElement(response, f"{{{S}}}EncryptedAssertion"), f"{{{DS}}}KeyInfo")


def _value(response: Any, text: str) -> None:
    """One more value of an attribute, of any content, which the schema allows; nobody signed it."""
    value = etree.fromstring(f'<saml:AttributeValue xmlns:saml="{S}">{text}</saml:AttributeValue>')
    _assertion(response).find(f".//{{{S}}}Attribute").append(value)


def long_namespace(response: Any) -> None:
    """Each element writes it out again where signatures are computed."""
    _value(response, f'<o xmlns:p="urn:{"u" * 60_000}">{"<p:b/>" * 15_000}</o>')


def many_elements(response: Any) -> None:
    _value(response, "<b/>" * 20_000)


def many_declarations(response: Any) -> None:
    declared = " ".join(f'xmlns:n{n}="u:{n}"' for n in range(4_000))
    _value(response, f"<o {declared}>{'<n3999:b/>' * 4_000}</o>")


def deep(response: Any) -> None:
    _value(response, f"{'<b>' * 100}{'</b>' * 100}")


def _transform(response: Any, position: int) -> Any:
    return _assertion(response).findall(f".//{{{DS}}}Transform")[position]


def many_transforms(response: Any) -> None:
    last = _transform(response, -1)
    for _ in range(1_000):
        last.addnext(deepcopy(last))
    _value(response, "<b/>" * 3_000)


def transforms_in_another_order(response: Any) -> None:
    _transform(response, 0).getparent().append(_transform(response, 0))


def one_transform(response: Any) -> None:
    _transform(response, -1).getparent().remove(_transform(response, -1))


def many_prefixes(response: Any) -> None:
    names = " ".join(f"p{n}" for n in range(20_000))
    etree.SubElement(_transform(response, -1), f"{{{EXCLUSIVE}}}InclusiveNamespaces", PrefixList=names)
    _value(response, "<b/>" * 4_000)


def failed_in_their_words(response: Any) -> None:
    status = response.find(f"{{{P}}}Status")
    status[0].set("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
    etree.SubElement(status[0], f"{{{P}}}StatusCode", Value="urn:x:Your account is locked, call 555-0100")
    etree.SubElement(status, f"{{{P}}}StatusMessage").text = "Your account is locked, call 555-0100"


def commented(text: str) -> str:
    return re.sub(r"(<saml:NameID[^>]*>)(\w+)", r"\1\2<!---->", text)

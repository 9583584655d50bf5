"""A small identity provider of SAML 2.0 that really signs; `python -m tests.saml_provider DIRECTORY` serves one.

It signs everybody in at once. What it says of them comes from the parameter `claims` (JSON) of its address, and `break`
names what is wrong with its answer: one of `BROKEN`.
"""

import base64
import html
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from tests import saml_changes
from tests.architecture.sources import ROOT
from tests.saml_changes import DS, P, S

ENTITY_ID = "https://identity.example/saml"
FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
SOMEBODY = '{"sub": "nora-1", "email": "nora@example.org", "username": "nora", "groups": ["sre"]}'
BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def new_key(directory: Path, name: str, bits: int = 2048) -> tuple[str, str]:
    """Paths of a key and of a certificate for it."""
    key = rsa.generate_private_key(65537, bits)
    subject, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    build = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    build = build.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=9))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key_path, certificate_path = directory / f"{name}.key", directory / f"{name}.pem"
    key_path.write_bytes(pem)
    certificate_path.write_bytes(build.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    return str(key_path), str(certificate_path)


def request_of(address: str) -> Any:
    packed = base64.b64decode(parse_qs(urlsplit(address).query)["SAMLRequest"][0])
    return etree.fromstring(zlib.decompress(packed, -15))


def is_signed_by(certificate: str, address: str) -> bool:
    """Whether the query of a request was signed as the redirect binding has it."""
    signed, _, rest = urlsplit(address).query.partition("&Signature=")
    key = x509.load_pem_x509_certificate(Path(certificate).read_bytes()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    signature = base64.b64decode(parse_qs(f"Signature={rest}")["Signature"][0])
    key.verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return "SigAlg=" in signed


@dataclass
class Answer:
    """What is filled into the answer, and how it is signed; each entry of `BROKEN` changes one thing."""

    values: dict[str, str]
    signing: str = "provider"
    method: Any = xmlsec.Transform.RSA_SHA256
    digest: Any = xmlsec.Transform.SHA256
    left_out: list[str] = field(default_factory=list)
    afterwards: Callable[[Any], None] = lambda response: None
    as_text: Callable[[str], str] = lambda text: text


def _values(**changed: str) -> Callable[[Answer], None]:
    return lambda answer: answer.values.update(changed)


def _set(**changed: Any) -> Callable[[Answer], None]:
    def change(answer: Answer) -> None:
        for name, value in changed.items():
            setattr(answer, name, value)

    return change


def _time(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


BROKEN: Mapping[str, Callable[[Answer], None]] = {
    "": lambda answer: None,
    "signature": _set(signing="another"),
    "unsigned": _set(signing=""),
    "signed_around": _set(signing="around"),
    "sha1": _set(method=xmlsec.Transform.RSA_SHA1),
    "sha1_digest": _set(digest=xmlsec.Transform.SHA1),
    "tampered": _set(afterwards=saml_changes.says_boss),
    "wrapped_beside": _set(afterwards=saml_changes.wrapped_beside),
    "wrapped_with_one_id": _set(afterwards=saml_changes.wrapped_with_one_id),
    "wrapped_in_extensions": _set(afterwards=saml_changes.wrapped_in_extensions),
    "wrapped_in_its_signature": _set(afterwards=saml_changes.wrapped_in_its_signature),
    "of_another_part": _set(afterwards=saml_changes.of_another_part),
    "encrypted": _set(afterwards=saml_changes.hidden_encrypted),
    "long_namespace": _set(afterwards=saml_changes.long_namespace),
    "many_elements": _set(afterwards=saml_changes.many_elements),
    "many_declarations": _set(afterwards=saml_changes.many_declarations),
    "deep": _set(afterwards=saml_changes.deep),
    "many_transforms": _set(afterwards=saml_changes.many_transforms),
    "transforms_in_another_order": _set(afterwards=saml_changes.transforms_in_another_order),
    "one_transform": _set(afterwards=saml_changes.one_transform),
    "many_prefixes": _set(afterwards=saml_changes.many_prefixes),
    "comment": _set(as_text=saml_changes.commented),
    "bomb": _set(as_text=lambda text: BOMB + text.replace("nora-1", "&c;")),
    "entity": _set(as_text=lambda text: '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + text),
    "utf_16": _set(as_text=lambda text: f'<?xml version="1.0" encoding="UTF-16"?>{text}'),
    "issuer": _values(issuer="https://elsewhere.example/saml"),
    "empty_issuer": _values(issuer=""),
    "audience": _values(audience="https://elsewhere.example/"),
    "audience_beginning": _values(audience="http://testserver/accounts/single-sign-on/saml/metadata/more"),
    "no_audience": _set(left_out=["AudienceRestriction"]),
    "recipient": _values(recipient="https://elsewhere.example/"),
    "recipient_beginning": lambda answer: answer.values.update(recipient=answer.values["recipient"] + "more/"),
    "no_recipient": _values(recipient=""),
    "destination": _values(destination="https://elsewhere.example/"),
    "no_destination": _values(destination=""),
    "expired": _values(until=_time(-3600), conditions=_time(-3600)),
    "endless": _values(until=_time(3 * 86_400)),
    "no_end": _values(until=""),
    "early": _values(instant=_time(3600)),
    "unasked": _values(asked="", confirmed=""),
    "another_request": _values(asked="_another"),
    "two_confirmations": _set(left_out=["one of two"]),
    "transient": _values(format=f"{FORMAT}:transient"),
    "mail_address": _values(format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
    "unspecified": _values(format=""),
    "qualifier": _values(qualifier="https://elsewhere.example/saml"),
    "failed": _values(status="Responder"),
    "failed_in_their_words": _set(afterwards=saml_changes.failed_in_their_words),
    "old": _values(instant=_time(-7200)),
}


class IdentityProvider:
    """Its keys and metadata lie in a directory."""

    def __init__(self, directory: Path, url: str = "https://identity.example/sso") -> None:
        self.directory, self.url = directory, url
        self.metadata = directory / "metadata.xml"
        if not (directory / "provider.key").exists():
            new_key(directory, "provider")
            new_key(directory, "another")
        self.metadata.write_text(self._described())

    def settings(self) -> dict[str, Any]:
        """Of a Snakeweb that knows this provider."""
        empty = dict.fromkeys(("entity_id", "url", "certificates", "key", "certificate"), "")
        more = {"attributes": {}, "second_factors": (), "email_verified": True}
        return {"name": "Company login", "metadata": str(self.metadata), **empty, **more}

    def answer(self, address: str, claims: Mapping[str, Any], broken: str = "") -> str:
        """What is posted for this request, in base64."""
        asked = request_of(address)
        consumer = asked.get("AssertionConsumerServiceURL")
        answer = Answer(
            {
                "issuer": ENTITY_ID,
                "audience": asked.findtext(f"{{{S}}}Issuer").strip(),
                "recipient": consumer,
                "destination": consumer,
                "asked": asked.get("ID"),
                "confirmed": asked.get("ID"),
                "until": _time(claims.get("good_for", 300)),
                "conditions": _time(claims.get("good_for", 300)),
                "instant": _time(0),
                "format": f"{FORMAT}:persistent",
                "qualifier": "",
                "status": "Success",
                "class": str(claims.get("class", PASSWORD)),
                "subject": str(claims["sub"]),
            }
        )
        BROKEN[broken](answer)
        text = answer.as_text(etree.tostring(self._signed(answer, claims)).decode())
        return base64.b64encode(text.encode("utf-16" if broken == "utf_16" else "utf-8")).decode()

    def _signed(self, answer: Answer, claims: Mapping[str, Any]) -> Any:
        assertion = etree.fromstring(_assertion_text(answer, claims))
        if answer.signing in ("provider", "another"):
            self._sign(assertion, answer)
        response = etree.fromstring(_response_text(answer))
        response.append(assertion)
        if answer.signing == "around":
            self._sign(response, answer)
        answer.afterwards(response)
        return response

    def _sign(self, element: Any, answer: Answer) -> None:
        name = "another" if answer.signing == "another" else "provider"
        signature = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, answer.method, ns="ds")
        element.insert(1, signature)
        reference = xmlsec.template.add_reference(signature, answer.digest, uri=f"#{element.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
        xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        xmlsec.tree.add_ids(element, ["ID"])
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(str(self.directory / f"{name}.key"), xmlsec.KeyFormat.PEM)
        context.sign(signature)

    def _described(self) -> str:
        found = "".join((self.directory / "provider.pem").read_text().splitlines()[1:-1])
        return (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{ENTITY_ID}">'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{P}"><md:KeyDescriptor use="signing">'
            f'<ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{found}</ds:X509Certificate></ds:X509Data>'
            "</ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService "
            f'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{html.escape(self.url)}"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )


def _attribute(name: str, value: str) -> str:
    return f' {name}="{html.escape(value)}"' if value else ""


def _response_text(answer: Answer) -> str:
    v = answer.values
    return (
        f'<samlp:Response xmlns:samlp="{P}" xmlns:saml="{S}" ID="_{uuid4().hex}" Version="2.0"'
        f"{_attribute('IssueInstant', _time(0))}"
        f"{_attribute('Destination', v['destination'])}{_attribute('InResponseTo', v['asked'])}>"
        f"<saml:Issuer>{ENTITY_ID}</saml:Issuer><samlp:Status>"
        f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{v["status"]}"/></samlp:Status></samlp:Response>'
    )


def _assertion_text(answer: Answer, claims: Mapping[str, Any]) -> str:
    v = answer.values
    data = f"{_attribute('NotOnOrAfter', v['until'])}{_attribute('Recipient', v['recipient'])}"
    confirmation = (
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">'
        f"<saml:SubjectConfirmationData{data}{_attribute('InResponseTo', v['confirmed'])}/></saml:SubjectConfirmation>"
    )
    restriction = f"<saml:AudienceRestriction><saml:Audience>{v['audience']}</saml:Audience></saml:AudienceRestriction>"
    told = "".join(
        f'<saml:Attribute Name="{name}"><saml:AttributeValue>{html.escape(value)}</saml:AttributeValue>'
        "</saml:Attribute>"
        for name in ("email", "name", "username", "groups")
        for value in ([claims[name]] if isinstance(claims.get(name), str) else claims.get(name, ()))
    )
    return (
        f'<saml:Assertion xmlns:saml="{S}" ID="_{uuid4().hex}" Version="2.0" IssueInstant="{_time(0)}">'
        f"<saml:Issuer>{v['issuer']}</saml:Issuer><saml:Subject>"
        f"<saml:NameID{_attribute('Format', v['format'])}{_attribute('NameQualifier', v['qualifier'])}>"
        f"{html.escape(v['subject'])}</saml:NameID>"
        f"{confirmation * (2 if 'one of two' in answer.left_out else 1)}</saml:Subject>"
        f'<saml:Conditions NotOnOrAfter="{v["conditions"]}">'
        f"{'' if 'AudienceRestriction' in answer.left_out else restriction}</saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{v["instant"]}"><saml:AuthnContext>'
        f"<saml:AuthnContextClassRef>{html.escape(v['class'])}</saml:AuthnContextClassRef></saml:AuthnContext>"
        f"</saml:AuthnStatement>{f'<saml:AttributeStatement>{told}</saml:AttributeStatement>' if told else ''}"
        "</saml:Assertion>"
    )


class Handler(BaseHTTPRequestHandler):
    provider: IdentityProvider

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        posted = self.provider.answer(self.path, json.loads(asked.get("claims", SOMEBODY)), asked.get("break", ""))
        consumer = request_of(self.path).get("AssertionConsumerServiceURL")
        page = (
            f'<form method="post" action="{consumer}"><input type="hidden" name="SAMLResponse" value="{posted}">'
            "<button>Go on</button></form>"
        )
        content = page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def provider_process(directory: Path) -> Iterator[IdentityProvider]:
    """One that serves, in a process of its own; this one knows the same keys."""
    command = [sys.executable, "-m", "tests.saml_provider", str(directory)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield IdentityProvider(directory, process.stdout.readline().strip())
        finally:
            process.kill()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Handler.provider = IdentityProvider(Path(sys.argv[1]), f"http://127.0.0.1:{server.server_port}/sso?to=a&more=b")
    print(Handler.provider.url, flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()

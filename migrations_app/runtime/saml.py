"""SAML 2.0 with one provider, as a service provider: metadata, and requests by the redirect binding.

What comes back is judged by `saml_answers.py`. The provider is named by whoever runs Snakeweb, by files that are read
each time, so that another certificate holds from the next sign-in on.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml.etree import LxmlError
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Words
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from migrations_app.engine.hiding import remember

LEAST_BITS = 2048
MOST_NAME = 500  # characters; the column of issuers
ATTRIBUTES: Mapping[str, str] = {"email": "email", "name": "name", "username": "username", "groups": "groups"}


class ProviderUnusable(ValueError):
    """What is configured cannot be read or does not go together. The argument says what, without any key."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`certificates`: PEM, each of which may have signed (two during a roll-over). `key`: PEM, '' signs no requests.

    `attributes`: which of the provider's holds what we call `email`, `name`, `username` and `groups`. `second_factors`:
    values of AuthnContextClassRef that count as one. `email_verified`: whether addresses that it tells count as shown
    to be their person's.
    """

    entity_id: str
    url: str
    certificates: tuple[str, ...]
    key: str = field(default="", repr=False)
    certificate: str = ""
    attributes: Mapping[str, str] = field(default_factory=lambda: ATTRIBUTES)
    second_factors: tuple[str, ...] = ()
    email_verified: bool = False


@dataclass(frozen=True, slots=True)
class Here:
    """Our own name and the address that answers are posted to, as the browser sees them."""

    entity_id: str
    consumer: str

    @property
    def request(self) -> dict[str, str]:
        """As python3-saml wants to be told where an answer arrived."""
        parts = urlsplit(self.consumer)
        return {
            "https": "on" if parts.scheme == "https" else "off",
            "http_host": parts.netloc,
            "script_name": parts.path,
        }


def is_given(given: Mapping[str, Any]) -> bool:
    """Whether one is named, which by default none is."""
    return bool(given["metadata"] or given["entity_id"])


def provider(given: Mapping[str, Any]) -> Provider:
    """Of the settings: `metadata` is a file, or else `entity_id`, `url` and the file `certificates` are given.

    `key` and `certificate` are files. Raises ProviderUnusable.
    """
    try:
        if given["metadata"]:
            entity_id, url, found = _described(Path(given["metadata"]).read_bytes(), given["entity_id"])
        else:
            entity_id, url, found = given["entity_id"], given["url"], _certificates(given["certificates"])
        key, certificate = _own(given["key"], given["certificate"])
    except (OSError, ValueError, TypeError, LxmlError) as error:
        raise ProviderUnusable(_said(error)) from error
    _usable(entity_id, url, found)
    return Provider(
        entity_id=entity_id,
        url=url,
        certificates=tuple(each.public_bytes(Encoding.PEM).decode() for each in found),
        key=key,
        certificate=certificate,
        attributes={**ATTRIBUTES, **given["attributes"]},
        second_factors=given["second_factors"],
        email_verified=given["email_verified"],
    )


def leaving(provider: Provider, here: Here, *, again: bool) -> tuple[str, str]:
    """Where the browser goes, and the id that the answer has to name. `again`: whoever it is shows it once more."""
    settings = settings_of(provider, here)
    request = OneLogin_Saml2_Authn_Request(settings, force_authn=again)
    parameters = {"SAMLRequest": request.get_request()}
    auth = OneLogin_Saml2_Auth(here.request, old_settings=settings)
    if provider.key:
        parameters["SigAlg"] = Words.RSA_SHA256  # before the signature, as SAML Bindings 2.0 (3.4.4.1) has it
        auth.add_request_signature(parameters, parameters["SigAlg"])
    return str(auth.redirect_to(provider.url, parameters)), str(request.get_id())


def metadata(provider: Provider, here: Here) -> bytes:
    found = settings_of(provider, here).get_sp_metadata()
    return found if isinstance(found, bytes) else str(found).encode()


def settings_of(provider: Provider, here: Here) -> OneLogin_Saml2_Settings:
    """Everything that python3-saml can be asked to be strict about."""
    consumer = {"url": here.consumer, "binding": Words.BINDING_HTTP_POST}
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": here.entity_id,
                "assertionConsumerService": consumer,
                "NameIDFormat": Words.NAMEID_PERSISTENT,
                "x509cert": provider.certificate,
                "privateKey": provider.key,
            },
            "idp": {
                "entityId": provider.entity_id,
                # Written into XML as it stands, and nowhere else: `leaving` goes to the address itself.
                "singleSignOnService": {"url": escape(provider.url), "binding": Words.BINDING_HTTP_REDIRECT},
                "x509certMulti": {"signing": list(provider.certificates)},
            },
            "security": {
                "allowRepeatAttributeName": True,  # some providers name an attribute once for each value
                "allowSingleLabelDomains": True,
                "authnRequestsSigned": bool(provider.key),
                "metadataCacheDuration": "",
                "metadataValidUntil": "",
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
                "wantAssertionsSigned": True,
                "wantAttributeStatement": False,
            },
        }
    )


def _described(content: bytes, wanted: str) -> tuple[str, str, list[x509.Certificate]]:
    """Of metadata: name, address and certificates of the one provider in it, or of the one that is wanted."""
    names = Words.NSMAP
    tree = OneLogin_Saml2_XML.to_etree(content)
    found = tree.xpath("descendant-or-self::md:EntityDescriptor[md:IDPSSODescriptor]", namespaces=names)
    entities = [each for each in found if wanted in ("", each.get("entityID"))]
    if len(entities) != 1:
        raise ProviderUnusable(
            f"The metadata describes {len(entities)} providers{f' called {wanted}' if wanted else ''}, and not one"
        )
    role = entities[0].find("md:IDPSSODescriptor", namespaces=names)
    places = role.findall(f"md:SingleSignOnService[@Binding='{Words.BINDING_HTTP_REDIRECT}']", namespaces=names)
    signing = [each for each in role.findall("md:KeyDescriptor", namespaces=names) if each.get("use") != "encryption"]
    texts = [text for each in signing for text in each.itertext(f"{{{Words.NS_DS}}}X509Certificate")]
    pem = "".join(f"-----BEGIN CERTIFICATE-----\n{text.strip()}\n-----END CERTIFICATE-----\n" for text in texts)
    return (
        entities[0].get("entityID", ""),
        places[0].get("Location", "") if places else "",
        x509.load_pem_x509_certificates(pem.encode()) if pem else [],
    )


def _certificates(path: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(Path(path).read_bytes()) if path else []


def _own(key_path: str, certificate_path: str) -> tuple[str, str]:
    if not key_path and not certificate_path:
        return "", ""
    if not key_path or not certificate_path:
        raise ProviderUnusable("A key for requests and its certificate belong together, and one of them is not given")
    pem = Path(key_path).read_text()
    remember(*(line for line in pem.splitlines() if not line.startswith("-----")))
    key, certificates = load_pem_private_key(pem.encode(), None), _certificates(certificate_path)
    if not isinstance(key, RSAPrivateKey) or key.public_key() != certificates[0].public_key():
        raise ProviderUnusable("The certificate for requests belongs to another key, or the key is none of RSA")
    return pem, certificates[0].public_bytes(Encoding.PEM).decode()


def _usable(entity_id: str, url: str, certificates: Iterable[x509.Certificate]) -> None:
    keys = [each.public_key() for each in certificates]
    if not 0 < len(entity_id) <= MOST_NAME or not url or not keys:
        raise ProviderUnusable("The provider's name, its address for the redirect binding or a certificate is missing")
    if not all(isinstance(key, RSAPublicKey) and key.key_size >= LEAST_BITS for key in keys):
        raise ProviderUnusable(f"A certificate of the provider holds no key of RSA with {LEAST_BITS} bits or more")
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise ProviderUnusable("The provider's address is no https address")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _said(error: Exception) -> str:
    """Never what a file holds: it may have been the key's."""
    if isinstance(error, ProviderUnusable):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    return f"A file of it cannot be read ({type(error).__name__})"

"""Whether an answer of the provider holds (SAML Core 2.0, and the Web Browser SSO Profile of SAML Profiles 2.0, 4.1).

python3-saml judges schema, signatures, issuers and times. It lets pass what is not there at all and compares addresses
by their beginnings, so the rest is asked for here: one assertion, directly in the answer, with a signature of exactly
itself; and an issuer, destination, recipient, audience, request and end that are the right ones.

Anybody can post one, and what it costs to compute a signature is decided by whoever wrote the document: so whatever
makes that dear is refused before (`saml_bounds.py`). What people are shown of one that does not hold are our words
alone, as nobody knows yet whose the others are; those go to the log.
"""

import base64
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lxml.etree import LxmlError
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Words
from onelogin.saml2.errors import OneLogin_Saml2_Error
from onelogin.saml2.errors import OneLogin_Saml2_ValidationError as Invalid
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from migrations_app.runtime import saml_bounds
from migrations_app.runtime.identity import MOST_SUBJECT, Identity, SignOnFailed, mail
from migrations_app.runtime.saml import Here, Provider, settings_of

logger = logging.getLogger(__name__)

MOST_CHARACTERS = 262_144  # of an answer as it is posted, in base64
LONGEST = timedelta(days=1)  # that an assertion may be good for, and so as long as it is remembered
LEEWAY = timedelta(seconds=60)  # that clocks may differ
MOST_ID = 200  # characters
MOST_NOTED = 500  # characters of somebody else's in a line of the log

SIGNATURES = (Words.RSA_SHA256, Words.RSA_SHA384, Words.RSA_SHA512)
DIGESTS = (Words.SHA256, Words.SHA384, Words.SHA512)
WANTED: Mapping[str, str] = {
    "CanonicalizationMethod": "the exclusive one",
    "SignatureMethod": "RSA with SHA-256, SHA-384 or SHA-512",
    "DigestMethod": "SHA-256, SHA-384 or SHA-512",
    "Transform": "the enveloped signature and then exclusive canonicalization",
}
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
TRANSFORMS = ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE]  # SAML Core 2.0, 5.4.4
# The last parts of the codes of SAML Core 2.0, 3.2.2.2.
STATUSES = (
    *("Requester", "Responder", "VersionMismatch", "AuthnFailed", "InvalidAttrNameOrValue", "InvalidNameIDPolicy"),
    *("NoAuthnContext", "NoAvailableIDP", "NoPassive", "NoSupportedIDP", "PartialLogout", "ProxyCountExceeded"),
    *("RequestDenied", "RequestUnsupported", "RequestVersionDeprecated", "RequestVersionTooHigh"),
    *("RequestVersionTooLow", "ResourceNotRecognized", "TooManyResponses", "UnknownAttrProfile", "UnknownPrincipal"),
    "UnsupportedBinding",
)
_OTHERWISE: Mapping[int, str] = {
    Invalid.INVALID_SIGNATURE: "is not signed with a certificate of the provider that is known here",
    Invalid.INVALID_XML_FORMAT: "is not as the schema of SAML has it",
    Invalid.WRONG_ISSUER: "is from another issuer than the provider",
    Invalid.WRONG_AUDIENCE: "is for another audience",
    Invalid.WRONG_DESTINATION: "was sent to another address",
    Invalid.WRONG_SUBJECTCONFIRMATION: "is for another recipient or request, or over",
    Invalid.ASSERTION_EXPIRED: "has expired",
    Invalid.SESSION_EXPIRED: "has expired",
    Invalid.ASSERTION_TOO_EARLY: "holds from a time on that has yet to come",
}
_DECLARATION = re.compile(r"\A\s*<\?xml\s[^<>]*\?>")


@dataclass(frozen=True, slots=True)
class Vouched:
    """`request` is the id of ours that it answers; after `until` nothing of it holds."""

    identity: Identity
    assertion: str
    request: str
    authenticated_at: datetime
    until: datetime


def vouched(provider: Provider, here: Here, *, posted: str, now: datetime) -> Vouched:
    """Who is vouched for. Raises SignOnFailed for whatever is not exactly as it has to be."""
    settings = settings_of(provider, here)
    try:
        content = _plain(posted)
        saml_bounds.require_bounded(content)
        document = OneLogin_Saml2_XML.to_etree(content)
        _require_success(document)
        _require_one_signed_assertion(document)  # nothing is decrypted or verified before
        answer = OneLogin_Saml2_Response(settings, base64.b64encode(content).decode())
        _require_valid(answer, here)
        return _read(provider, here, answer, now)
    except (LxmlError, Invalid, OneLogin_Saml2_Error, ValueError, TypeError, OverflowError) as error:
        raise SignOnFailed(f"What the provider answered cannot be read ({type(error).__name__}).") from error


def _plain(posted: str) -> bytes:
    """UTF-8 without a declaration, so that nothing is read in another encoding than it is looked through here.

    `<!` begins document types, entities, comments and CDATA; no provider needs one, and each has served an attack.
    """
    if not 0 < len(posted) <= MOST_CHARACTERS:
        raise SignOnFailed(f"An answer of the provider has 1 to {MOST_CHARACTERS:,} characters.")
    text = base64.b64decode("".join(posted.split()), validate=True).decode("utf-8-sig")
    text = _DECLARATION.sub("", text)
    if "\x00" in text or "<!" in text or "<?" in text:
        raise SignOnFailed("The provider's answer holds a document type, comment, CDATA or instruction.")
    return text.encode()


def _require_valid(answer: OneLogin_Saml2_Response, here: Here) -> None:
    try:
        answer.is_valid(here.request, raise_exceptions=True)
    except Exception as error:  # of whichever parser of python3-saml; by itself it would make them one text
        _note("what it says", error)
        why = _OTHERWISE.get(error.code, "") if isinstance(error, Invalid) else ""
        raise SignOnFailed(f"What the provider answered {why or 'does not hold'}.") from error


def _require_success(document: Any) -> None:
    """A failure comes without an assertion and often unsigned: of it people are shown a word of the standard alone."""
    codes = [str(each) for each in _found(document, "samlp:Status/descendant::samlp:StatusCode/@Value")]
    if not codes or codes[0] == Words.STATUS_SUCCESS:
        return
    _note("its status", codes, *_found(document, "samlp:Status/samlp:StatusMessage/text()"))
    parts = [code.rpartition(":")[2] for code in codes]
    known = ", ".join(dict.fromkeys(part for part in parts if part in STATUSES))
    raise SignOnFailed(f"The provider did not sign you in{known and f': it answered {known}'}.")


def _require_one_signed_assertion(document: Any) -> None:
    """Its signature (still to be verified) is of it and of nothing else."""
    assertions = _found(document, "descendant-or-self::saml:Assertion")
    if document.tag != f"{{{Words.NS_SAMLP}}}Response" or [each.getparent() for each in assertions] != [document]:
        raise SignOnFailed("The provider's answer does not hold exactly one assertion.")
    if _found(document, "descendant-or-self::xenc:* | descendant::saml:EncryptedAssertion"):
        raise SignOnFailed("The provider's answer is encrypted, which is not built: it comes over https as it is.")
    ids = _found(document, "descendant-or-self::*/@*[translate(local-name(), 'ID', 'id') = 'id']")
    if len(ids) != len(set(ids)):
        raise SignOnFailed("Two parts of the provider's answer have one id.")
    signatures = _found(document, "descendant::ds:Signature")
    if [each.getparent() for each in signatures].count(assertions[0]) != 1:
        raise SignOnFailed("The provider's assertion is not signed.")
    for signature in signatures:
        _require_of_its_parent_alone(signature, within=(document, assertions[0]))


def _require_of_its_parent_alone(signature: Any, *, within: Sequence[Any]) -> None:
    parent = signature.getparent()
    references = _found(signature, "ds:SignedInfo/ds:Reference/@URI")
    if (
        parent not in within
        or _found(signature, "descendant::ds:Reference/@URI") != references
        or references != [f"#{parent.get('ID')}"]
        or _found(signature, "ds:Object")
    ):
        raise SignOnFailed("A signature in the provider's answer is not of the part that it stands in.")
    for name, allowed in (
        ("CanonicalizationMethod", [[EXCLUSIVE]]),
        ("SignatureMethod", [[each] for each in SIGNATURES]),
        ("DigestMethod", [[each] for each in DIGESTS]),
        ("Transform", [TRANSFORMS]),
    ):
        used = [each.get("Algorithm") for each in _found(signature, f"descendant::ds:{name}")]
        if used not in allowed:
            _note(f"its {name}", used)
            raise SignOnFailed(f"The provider signs in a way that is not accepted: another {name} than {WANTED[name]}.")


def _read(provider: Provider, here: Here, answer: Any, now: datetime) -> Vouched:
    assertion = _one(answer.document, "saml:Assertion")
    data = _one(assertion, f"saml:Subject/saml:SubjectConfirmation[@Method='{Words.CM_BEARER}']/*")
    statement = _one(assertion, "saml:AuthnStatement")
    request, until = str(data.get("InResponseTo", "")), _time(data.get("NotOnOrAfter"))
    restrictions = _found(assertion, "saml:Conditions/saml:AudienceRestriction")
    audiences = [[_text(each) for each in _found(one, "saml:Audience")] for one in restrictions]
    authenticated_at = _time(statement.get("AuthnInstant"))
    for holds, otherwise in (
        (_text(_one(assertion, "saml:Issuer")) == provider.entity_id, "is from another issuer than the provider"),
        (answer.document.get("Destination") == here.consumer, "was sent to another address"),
        (data.get("Recipient") == here.consumer, "is for another recipient"),
        (audiences and all(here.entity_id in each for each in audiences), "is for another audience"),
        (0 < len(request) <= MOST_ID, "answers no request: sign-ins begin here, never at the provider"),
        (answer.document.get("InResponseTo") == request, "answers another request than it says"),
        (now < until <= now + LONGEST, "is over, or good for longer than a day"),
        (authenticated_at <= now + LEEWAY, "tells of a sign-in that has yet to come"),
        (0 < len(str(assertion.get("ID", ""))) <= MOST_ID, "has no id that can be remembered"),
    ):
        if not holds:
            raise SignOnFailed(f"What the provider answered {otherwise}.")
    classes = {_text(each) for each in _found(statement, "saml:AuthnContext/saml:AuthnContextClassRef")}
    return Vouched(
        identity=_identity(provider, assertion, answer.get_attributes(), classes),
        assertion=assertion.get("ID"),
        request=request,
        authenticated_at=authenticated_at,
        until=until,
    )


def _identity(provider: Provider, assertion: Any, told: dict[str, list[Any]], classes: set[str]) -> Identity:
    name = _one(assertion, "saml:Subject/saml:NameID")
    subject = _text(name)
    if name.get("Format") != Words.NAMEID_PERSISTENT:
        raise SignOnFailed("The provider does not name people persistently: set its NameID format to persistent.")
    if not 0 < len(subject) <= MOST_SUBJECT or name.get("NameQualifier", provider.entity_id) != provider.entity_id:
        raise SignOnFailed("The provider does not say who this is.")
    by_us = {
        ours: [each for each in told.get(theirs, []) if isinstance(each, str) and each.isprintable()]
        for ours, theirs in provider.attributes.items()
    }
    return Identity(
        issuer=provider.entity_id,
        subject=subject,
        email=mail(_only(by_us["email"])),
        email_verified=provider.email_verified,
        username=_only(by_us["username"]),
        full_name=_only(by_us["name"]),
        groups=frozenset(by_us["groups"]),
        second_factor=not classes.isdisjoint(provider.second_factors),
    )


def _only(values: list[str]) -> str:
    """Of several nobody knows which is meant."""
    return values[0] if len(values) == 1 else ""


def _note(what: str, *theirs: object) -> None:
    """What a stranger may have written, on one line and not endless."""
    logger.warning("an answer of the SAML provider was refused for %s: %s", what, ascii(theirs)[:MOST_NOTED])


def _found(element: Any, path: str) -> list[Any]:
    return list(element.xpath(path, namespaces=Words.NSMAP))


def _one(element: Any, path: str) -> Any:
    found = _found(element, path)
    if len(found) != 1:
        raise SignOnFailed("The provider's assertion does not say exactly once who signed in, how, and for whom.")
    return found[0]


def _text(element: Any) -> str:
    """'' for what is no text, or has characters in it that nobody types."""
    text = "" if len(element) else (element.text or "").strip()
    return text if text.isprintable() else ""


def _time(text: str | None) -> datetime:
    """Raises ValueError for none, and TypeError for one of no zone, when it is compared."""
    return datetime.fromisoformat(text or "")

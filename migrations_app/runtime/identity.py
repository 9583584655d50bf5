"""What a provider of single sign-on vouches for, whichever protocol it speaks."""

from dataclasses import dataclass

MOST_SUBJECT = 255  # characters, as OpenID Connect Core 1.0 (section 2) and SAML Core 2.0 (section 8.3.7) have it
MOST_MAIL = 254


class SignOnFailed(RuntimeError):
    """Nobody was identified. The argument is for people and holds nothing that was secret."""


class ProviderUnavailable(SignOnFailed):
    """Nothing was answered that could be judged: the fault is the provider's or that of our own set-up."""


@dataclass(frozen=True, slots=True)
class Identity:
    """`subject`: what the issuer calls this person and never gives to others."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    username: str
    full_name: str
    groups: frozenset[str]
    second_factor: bool


def mail(told: str) -> str:
    """As addresses are compared here, or '' for what is none that can be.

    Letters of other alphabets become ASCII when they are made small (the Kelvin sign a k), and an address with one
    would be somebody else's: so whether it is of ASCII is asked before.
    """
    address = told.strip()
    return address.lower() if address.isascii() and len(address) <= MOST_MAIL else ""

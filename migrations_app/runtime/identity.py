"""What a provider of single sign-on vouches for, whichever protocol it speaks."""

from dataclasses import dataclass

MOST_SUBJECT = 255  # characters, as OpenID Connect Core 1.0 (section 2) and SAML Core 2.0 (section 8.3.7) have it
MOST_MAIL = 254


class SignOnFailed(RuntimeError):
    """Nobody was identified. The argument is for people and holds nothing that was secret."""


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

"""What the account's pages say of roles and factors: pure functions, which the template tags name."""

from collections.abc import Sequence

ROLES = {
    "viewer": "Sees everything there and changes nothing.",
    "operator": "Writes, plans, starts, pauses and rolls back migrations.",
    "approver": "Reads plans and signs or refuses them.",
    "auditor": "Reads the audit trail and verifies its chain.",
    "admin": "Manages environments, targets, policies and who may do what.",
}
FACTORS = {
    "password": "password",
    "totp": "authenticator app",
    "webauthn": "security key",
    "recovery_codes": "recovery code",
    "single_sign_on": "single sign-on",
}


def role_meaning(role: object) -> str:
    """`operator in staging` -> what an operator may do; '' for a role without a description."""
    return ROLES.get(str(role).partition(" ")[0], "")


def factors_said(factors: Sequence[object]) -> str:
    """`(password, totp)` -> `by password and authenticator app`."""
    words = [FACTORS[str(factor)] for factor in factors if str(factor) in FACTORS]
    if not words:
        return "how is not known"
    return f"by {' and '.join(words)}" if len(words) < 3 else f"by {', '.join(words[:-1])} and {words[-1]}"

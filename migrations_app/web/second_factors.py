"""Second factors at rest: what a phone and we know together is sealed like every other credential."""

from allauth.mfa.adapter import DefaultMFAAdapter

from migrations_app.runtime.secrets import seal_factor, unseal_factor


class SealingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_factor(encrypted_text)

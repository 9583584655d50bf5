"""Second factors at rest: what a phone and we know together is sealed like every other credential."""

from typing import ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter

from migrations_app.runtime.secrets import seal_factor, unseal_factor

WRONG_CODE = (
    "This code is not right, or was used already. Enter the one that the app shows now, and check the clock of its "
    "device if that is refused too; or a recovery code that you have not used."
)


class SealingMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages: ClassVar[dict[str, object]] = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def encrypt(self, text: str) -> str:
        return seal_factor(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_factor(encrypted_text)

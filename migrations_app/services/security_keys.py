"""A security key counts its uses. One that did not count up since the last is a copy, or the copied one.

allauth checks the signature and not the count. The rule is that of WebAuthn Level 2, section 6.1.1: a key whose count
stays at zero does not count; any other has to be above what was seen of it last.
"""

from datetime import datetime

from allauth.mfa.models import Authenticator

from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation

COUNT = "sign_count"  # in the authenticator's data, beside what its registration said


@operation("account.use_key", about="account", in_maintenance=True)
def used(*, actor: Actor, now: datetime, account_id: int, authenticator_id: int, count: int) -> None:
    """Keep the count of a use whose signature was right. Raises Conflict, and keeps nothing, where it did not go up."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator_id, user_id=account_id)
    last = row.data.get(COUNT, row.wrap().authenticator_data.counter)
    if (count or last) and count <= last:
        raise Conflict(
            "This security key was copied: another one like it was used since. You were not signed in.",
            "Come in by another factor, remove this key under Settings, Second factor, and tell an admin.",
            reason="key_copied",
        )
    row.data[COUNT] = count
    row.save(update_fields=["data"])

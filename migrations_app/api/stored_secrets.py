from typing import Any

from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import stored_secrets as reads
from migrations_app.selectors.stored_secrets import StoredSecretRow
from migrations_app.services import stored_secrets

router = Router(tags=["secrets"])


class Which(ShortPaging):
    archived: bool = False


class NewSecret(Input):
    """`secret` is its value: sealed at once, and never read back."""

    environment_id: int
    name: str
    secret: str


class OtherValue(Input):
    """`version` is the one that was seen."""

    version: int
    secret: str


class Seen(Input):
    version: int


@router.get("", response=Page[StoredSecretRow])
def list_secrets(request: ApiRequest, which: Query[Which]) -> Any:
    """What plans may name, by environment. No value is in it."""
    return whole(reads.list_stored_secrets(actor=request.auth, archived=which.archived), which)


@router.post("", response={201: StoredSecretRow})
def create_secret(request: ApiRequest, body: NewSecret) -> Any:
    made = stored_secrets.create(actor=request.auth, now=now(), **body.model_dump())
    return Status(201, reads.stored_secret(actor=request.auth, stored_secret_id=made))


@router.get("/{int:stored_secret_id}", response=StoredSecretRow)
def get_secret(request: ApiRequest, stored_secret_id: int) -> Any:
    return reads.stored_secret(actor=request.auth, stored_secret_id=stored_secret_id)


@router.post("/{int:stored_secret_id}/replace", response=StoredSecretRow)
def replace_secret(request: ApiRequest, stored_secret_id: int, body: OtherValue) -> Any:
    """Another value under the same name. Signatures of plans that name it stay."""
    stored_secrets.replace(actor=request.auth, now=now(), stored_secret_id=stored_secret_id, **body.model_dump())
    return reads.stored_secret(actor=request.auth, stored_secret_id=stored_secret_id)


@router.post("/{int:stored_secret_id}/archive", response=StoredSecretRow)
def archive_secret(request: ApiRequest, stored_secret_id: int, body: Seen) -> Any:
    """No new plan can name it. Refused while an open migration does."""
    stored_secrets.archive(actor=request.auth, now=now(), stored_secret_id=stored_secret_id, version=body.version)
    return reads.stored_secret(actor=request.auth, stored_secret_id=stored_secret_id)


@router.post("/{int:stored_secret_id}/restore", response=StoredSecretRow)
def restore_secret(request: ApiRequest, stored_secret_id: int) -> Any:
    stored_secrets.restore(actor=request.auth, now=now(), stored_secret_id=stored_secret_id)
    return reads.stored_secret(actor=request.auth, stored_secret_id=stored_secret_id)

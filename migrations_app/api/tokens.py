from datetime import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import tokens as reads
from migrations_app.selectors.tokens import TokenRow
from migrations_app.services import tokens

router = Router(tags=["tokens"])


class NewToken(Input):
    """`scopes` are of read, operate, admin and route; a token never does more than its person may.

    `networks`: addresses or CIDR that it may come from; none means anywhere.
    """

    name: str
    scopes: list[str]
    expires_at: datetime | None = None
    networks: list[str] = []


class TokenChange(Input):
    """What is left out stays. `expires_at` only sooner than it was; `networks`, where they are given, are all."""

    name: str | None = None
    expires_at: datetime | None = None
    networks: list[str] | None = None


class CreatedToken(Schema):
    """`token` is shown this once and is nowhere to be had again."""

    id: int
    token: str


@router.get("", response=Page[TokenRow])
def list_tokens(request: ApiRequest, paging: Query[ShortPaging]) -> Any:
    """One's own."""
    return whole(reads.list_tokens(actor=request.auth), paging)


@router.post("", response={201: CreatedToken})
def create_token(request: ApiRequest, response: HttpResponse, body: NewToken) -> Any:
    made = tokens.create(actor=request.auth, now=now(), **body.model_dump())
    response["Cache-Control"] = "no-store"  # also keeps it out of the answers kept for a repeated request
    return Status(201, {"id": made.id, "token": made.clear})


@router.get("/{int:token_id}", response=TokenRow)
def get_token(request: ApiRequest, response: HttpResponse, token_id: int) -> Any:
    """One's own; what it is in the clear was shown once."""
    return tagged(response, reads.token_row(actor=request.auth, token_id=token_id))


@router.patch("/{int:token_id}", response=TokenRow)
def change_token(request: ApiRequest, response: HttpResponse, token_id: int, body: TokenChange) -> Any:
    """One's own, by a person in a browser: a token changes none. Its life only gets shorter."""
    change = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    tokens.edit(actor=request.auth, now=now(), token_id=token_id, **change)
    return tagged(response, reads.token_row(actor=request.auth, token_id=token_id))


@router.delete("/{int:token_id}", response={204: None})
def revoke_token(request: ApiRequest, token_id: int) -> Any:
    tokens.revoke(actor=request.auth, now=now(), token_id=token_id)
    return Status(204, None)

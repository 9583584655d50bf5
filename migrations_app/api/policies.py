"""Review policies. Whoever sees an environment reads them; admins propose, and another admin confirms in a browser."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Continued, Input, Older, Page, ShortPaging, extended, flat, whole
from migrations_app.selectors import policies as reads
from migrations_app.selectors.policies import PolicyRow, VersionRow
from migrations_app.selectors.policy_replay import Replay, replay
from migrations_app.services import policies
from migrations_app.services.actor import Actor
from migrations_app.services.errors import SignInRequired, StepUpRequired

router = Router(tags=["policies"])

PolicyReplay = extended("Replay", Replay, base=Continued)
PolicyDetail = extended("PolicyDetail", PolicyRow, versions=tuple[VersionRow, ...], open_reviews=int)


class PolicyConditions(Input):
    """All of them have to hold. `environments` are names, for the scope “named”; null means either way."""

    scope: str = "every"
    environments: list[str] = []
    types: list[str] = []
    risk_at_least: str = "low"
    zero_downtime: bool | None = None
    irreversible: bool | None = None


class PolicyRequirementBody(Input):
    """So many people with that role, or in that group."""

    role: str = ""
    group: str = ""
    count: int = 1


class NewPolicy(Input):
    """`comment_required`: each approval of such a plan has to say something."""

    name: str
    conditions: PolicyConditions = PolicyConditions()
    requirements: list[PolicyRequirementBody]
    comment_required: bool = False
    reason: str = ""


class PolicyChange(Input):
    """What is left out stays as in the version in force, or in the last one."""

    conditions: PolicyConditions | None = None
    requirements: list[PolicyRequirementBody] | None = None
    comment_required: bool | None = None
    reason: str = ""


class PolicyRetirement(Input):
    reason: str = ""


class PolicyDecision(Input):
    """`version` is the number of the proposal that was read."""

    version: int
    reason: str = ""


class Confirmed(Schema):
    """`reviews_changed` counts the open reviews that ask for something else now."""

    policy: PolicyRow
    reviews_changed: int


@router.get("", response=Page[PolicyRow])
def list_policies(request: ApiRequest, paging: Query[ShortPaging]) -> Any:
    return whole(reads.list_policies(actor=request.auth), paging)


@router.post("", response={201: PolicyDetail})
def propose_policy(request: ApiRequest, body: NewPolicy) -> Any:
    """A proposal: it asks for nothing before another admin confirms it."""
    return Status(201, _detail(request.auth, policies.propose(actor=request.auth, now=now(), **body.model_dump())))


@router.get("/{int:policy_id}", response=PolicyDetail)
def get_policy(request: ApiRequest, response: HttpResponse, policy_id: int) -> Any:
    return tagged(response, _detail(request.auth, policy_id))


@router.patch("/{int:policy_id}", response=PolicyDetail)
def propose_policy_change(request: ApiRequest, response: HttpResponse, policy_id: int, body: PolicyChange) -> Any:
    """The next version, as a proposal; what is in force stays until another admin confirms it."""
    page = reads.policy_page(actor=request.auth, policy_id=policy_id, now=now())
    last = page.row.active or page.versions[0]
    sent = body.model_dump(exclude_unset=True)
    conditions = sent.get("conditions") or {name: getattr(last, name) for name in PolicyConditions.model_fields}
    requirements = sent.get("requirements")
    if requirements is None:
        requirements = [flat(each) for each in last.requirements]
    policies.propose_change(
        actor=request.auth,
        now=now(),
        policy_id=policy_id,
        conditions=conditions,
        requirements=requirements,
        comment_required=last.comment_required if body.comment_required is None else body.comment_required,
        reason=body.reason,
        seen=versions_seen(request),
    )
    return tagged(response, _detail(request.auth, policy_id))


@router.post("/{int:policy_id}/retire", response=PolicyDetail)
def propose_policy_retirement(request: ApiRequest, policy_id: int, body: PolicyRetirement | None = None) -> Any:
    """A proposal that ends the policy once another admin confirms it."""
    policies.propose_retirement(actor=request.auth, now=now(), policy_id=policy_id, reason=body.reason if body else "")
    return _detail(request.auth, policy_id)


@router.post("/{int:policy_id}/confirm", response=Confirmed)
def confirm_policy(request: ApiRequest, policy_id: int, body: PolicyDecision) -> Any:
    """By another admin than the one who proposed it, with a password or second factor no older than five minutes; a
    token never can."""
    try:
        changed = policies.confirm(actor=request.auth, now=now(), policy_id=policy_id, number=body.version)
    except (SignInRequired, StepUpRequired) as refused:
        refused.details["url"] = request.build_absolute_uri(f"/policies/{policy_id}/")
        raise
    return {"policy": reads.policy_row(actor=request.auth, policy_id=policy_id), "reviews_changed": changed}


@router.post("/{int:policy_id}/withdraw", response=PolicyDetail)
def withdraw_policy_proposal(request: ApiRequest, policy_id: int, body: PolicyDecision) -> Any:
    policies.withdraw(actor=request.auth, now=now(), policy_id=policy_id, number=body.version, reason=body.reason)
    return _detail(request.auth, policy_id)


@router.get("/{int:policy_id}/versions/{int:number}/replay", response=PolicyReplay)
def replay_policy(request: ApiRequest, policy_id: int, number: int, older: Query[Older]) -> Any:
    """What this version would have asked of past plans, newest first."""
    return replay(actor=request.auth, policy_id=policy_id, number=number, now=now(), cursor=older.cursor)


def _detail(actor: Actor, policy_id: int) -> dict[str, Any]:
    page = reads.policy_page(actor=actor, policy_id=policy_id, now=now())
    return flat(page.row, versions=page.versions, open_reviews=page.open_reviews)

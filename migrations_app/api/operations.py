"""What is done with a migration: plan it, rehearse it dry, execute it, roll it back, look at it, write it as code."""

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status

from migrations_app.api.body import text_of
from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.migrations import MigrationDetail, detail
from migrations_app.api.schemas import Input
from migrations_app.selectors import statuses
from migrations_app.services import documents, planning, preflighting, runs
from migrations_app.services.documents import Elsewhere

router = Router(tags=["operations"])

YAML = "application/yaml"
YAML_BODY = {"requestBody": {"required": True, "content": {YAML: {"schema": {"type": "string"}}}}}
YAML_ANSWER = {"responses": {200: {"description": "The document", "content": {YAML: {"schema": {"type": "string"}}}}}}


class Execution(Input):
    """`digest` is that of the plan that was read; with another one newest, nothing is started."""

    digest: str = ""


class Validation(Input):
    """`kind`: a dry run writes nothing; a rehearsal really does the steps beside the target and removes it all again.

    `digest` and `consent` belong to a rehearsal: the plan that was read, and the operator's agreement, which a
    protected environment asks for.
    """

    kind: Literal["dry_run", "rehearsal"] = "dry_run"
    digest: str = ""
    consent: bool = False


class Started(Schema):
    run: int
    url: str


class Place(Schema):
    """`environment` by name instead of the document's; each `target` is `role=name`, with a name there."""

    environment: str = ""
    target: list[str] = []

    def elsewhere(self) -> Elsewhere:
        return Elsewhere(self.environment, dict(pair.partition("=")[::2] for pair in self.target))


class Import(Place):
    """`plan`: with its first plan, and no migration at all where it cannot be planned."""

    plan: bool = False


class Looked(Schema):
    """`plan` is as the one of a migration, without an id. `blocked`: no policy there says whose signatures it needs."""

    title: str
    environment: str
    plan: dict[str, Any]
    blocked: bool


@router.post("/import", response={201: MigrationDetail}, openapi_extra=YAML_BODY)
def import_migration(request: ApiRequest, wanted: Query[Import]) -> Any:
    """Make a migration from a document (`apiVersion: snakeweb/v1`), as YAML or JSON text of UTF-8.

    With another environment and other targets than it names, where that is asked for.
    """
    make = documents.import_planned if wanted.plan else documents.import_yaml
    migration_id = make(actor=request.auth, now=now(), text=text_of(request), elsewhere=wanted.elsewhere())
    return Status(201, detail(request.auth, migration_id))


@router.post("/preflight", response=Looked, openapi_extra=YAML_BODY, summary="Pre-flight of a document")
def preflight_document(request: ApiRequest, place: Query[Place]) -> Any:
    """Look at both sides and plan a document, and leave no migration. Takes what `/migrations/import` takes."""
    return preflighting.preflight(actor=request.auth, now=now(), text=text_of(request), elsewhere=place.elsewhere())


@router.get("/{int:migration_id}/export", openapi_extra=YAML_ANSWER)
def export_migration(request: ApiRequest, migration_id: int) -> Any:
    text = documents.export_yaml(actor=request.auth, migration_id=migration_id)
    response = HttpResponse(text, content_type=f"{YAML}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="migration-{migration_id}.yaml"'
    return response


@router.get("/{int:migration_id}/plan", response=dict[str, Any], summary="The newest plan")
def get_plan(request: ApiRequest, migration_id: int) -> Any:
    """The original design's Plan by its own names, as POST answers it, for whoever sees the migration."""
    return statuses.plan_dict(actor=request.auth, migration_id=migration_id, now=now())


@router.post("/{int:migration_id}/plan", response=dict[str, Any])
def plan_migration(request: ApiRequest, migration_id: int) -> Any:
    """Look at both sides and make a plan. The same content again keeps its signatures.

    The original design's Plan by its own names (steps, rollback_plan, risk_assessment, estimated_duration,
    validation_requirements, signature_requirements...), and `revision`, `digest`, `changed`, `voided_signatures`.
    `estimate` of the plan and of each step is what `estimated_duration` rests on: `said` in words, `runs` learned from
    (0: a rule of thumb), `error_percent` by which it was off for those (null: too few), `rule_of_thumb` in ms.
    """
    made = planning.plan(actor=request.auth, now=now(), migration_id=migration_id)
    plan = statuses.plan_dict(actor=request.auth, migration_id=migration_id, now=now())
    return plan | {
        "revision": made.revision,
        "digest": made.digest,
        "changed": made.changed,
        "voided_signatures": made.voided_signatures,
    }


@router.get("/{int:migration_id}/status", response=dict[str, Any])
def migration_status(request: ApiRequest, migration_id: int) -> Any:
    """The original design's Status by its own names, with `execution_progress` of the newest run."""
    return statuses.status_dict(actor=request.auth, migration_id=migration_id, now=now())


@router.post("/{int:migration_id}/validate", response={202: Started}, summary="Dry run or rehearsal")
def validate_migration(request: ApiRequest, migration_id: int, body: Validation | None = None) -> Any:
    """Start a dry run of the newest plan, which writes nothing to any target, or with `kind` a rehearsal of it."""
    given = body or Validation()
    if given.kind == "dry_run":
        return _started(request, runs.validate_migration(actor=request.auth, now=now(), migration_id=migration_id))
    run_id = runs.rehearse_migration(
        actor=request.auth, now=now(), migration_id=migration_id, digest=given.digest, consent=given.consent
    )
    return _started(request, run_id)


@router.post("/{int:migration_id}/execute", response={202: Started})
def execute_migration(request: ApiRequest, migration_id: int, body: Execution | None = None) -> Any:
    """Start the approved plan. A refusal names every condition that does not hold."""
    digest = body.digest if body else ""
    run_id = runs.execute_migration(actor=request.auth, now=now(), migration_id=migration_id, digest=digest)
    return _started(request, run_id)


@router.post("/{int:migration_id}/rollback", response={202: Started})
def rollback_migration(request: ApiRequest, migration_id: int) -> Any:
    """Undo. A live run turns round and keeps its id; after its end a new run undoes it."""
    return _started(request, runs.rollback_migration(actor=request.auth, now=now(), migration_id=migration_id))


def _started(request: ApiRequest, run_id: int) -> Status[Any]:
    return Status(202, {"run": run_id, "url": request.build_absolute_uri(f"/runs/{run_id}/")})

"""Each place that may hold a secret is classified here, in the one table."""

from collections.abc import Mapping

from django.db import models

from tests.architecture import secret_inventory
from tests.architecture.secret_inventory import found

SEALED = "encrypted under SNAKEWEB_SECRET_KEYS; in runtime/sealed_places.py, so that a rotation finds it"
HASHED = "only a hash is kept"
KEY_ID = "names a secret key and tells nothing about it"
REDACTED = "written through engine/hiding.py"
PEOPLES = "what people write about their work; shown to whoever may see the object"
PLAIN = "not secret"
SURROUNDINGS = "from the environment; remembered by runtime/log_redaction.py, so that it is hidden by value"
IN_PASSING = "a secret that is an input: sealed or hashed before anything else, in no message, event or audit entry"
SIGNED_IN = "who reads the database may use an open session; docs/secrets.md says so"

NAMED = "says which stored secret, and holds no value"

INVENTORY: Mapping[str, tuple[str, ...]] = {
    NAMED: (
        "column: MigrationSecret.secret",
        "input: drafts.CheckedDraft.secrets",
        "input: named_secrets.note.secrets",
        "input: named_secrets.refs.secrets",
        "input: stored_secrets.archive.stored_secret_id",
        "input: stored_secrets.replace.stored_secret_id",
        "input: stored_secrets.restore.stored_secret_id",
    ),
    SEALED: (
        "column: SealedSecret.sealed",
        "column: SealedSecret.wrapped",
        "column: StoredSecret.sealed",
        "column: StoredSecret.wrapped",
        "column: OutgoingSecret.sealed",
        "column: OutgoingSecret.wrapped",
        "column: Authenticator.data",
    ),
    HASHED: (
        "column: ApiToken.hash",
        "column: Invitation.hash",
        "column: Person.password",
        "column: AccessLog.session_hash",
        "column: SignOnAnswer.handle_hash",
    ),
    KEY_ID: (
        "column: ApiToken.key_id",
        "column: OutgoingSecret.key_id",
        "column: SealedSecret.key_id",
        "column: StoredSecret.key_id",
    ),
    REDACTED: (
        "column: AuditEntry.body",
        "column: Delivery.body",
        "column: PlanRevision.source_state",
        "column: PlanRevision.target_state",
        "column: RepeatedDenial.reason",
        "column: Run.error",
        "column: Run.result",
        "column: RunEvent.payload",
        "column: StepRun.checkpoint",
    ),
    PEOPLES: (
        "column: BreakGlass.comment",
        "column: BreakGlass.reason",
        "column: Migration.description",
        "column: Migration.options",
        "column: Migration.parameters",
        "column: PlanRevision.content",
        "column: RiskWaiver.reason",
        "column: Signature.comment",
        "column: Sketch.values",
        "column: Sketch.written",
        "parameter: adapter.edits",
        "parameter: adapter.renames",
        "parameter: data.tables",
    ),
    PLAIN: (
        "column: ApiToken.networks",
        "column: ApiToken.scopes",
        "column: AccessAttempt.get_data",  # kept empty
        "column: AccessAttempt.post_data",  # kept empty
        "column: AuditCheckpoint.body",
        "column: AuditCheckpoint.public_key",
        "column: AuditEntry.hash",
        "column: AuditEntry.token",  # its prefix, which signs nobody in
        "column: AuditExport.environments",  # names
        "column: AuditExport.filters",  # what somebody typed into the filters; in the trail as well
        "column: AuditHead.hash",
        "column: EmailConfirmation.key",  # addresses are not confirmed by mail here
        "column: IdempotencyKey.key",  # the caller's own name for a request
        "column: IdempotencyKey.response",  # answers that are shown once are not kept
        "column: Leadership.token",  # fencing tokens are counters
        "column: Lease.token",
        "column: RepeatedDenial.token_number",  # its row's number
        "column: OutboxRow.arguments",  # ids
        "column: PlanRevision.estimates",
        "column: PlanRevision.findings",
        "column: PlanRevision.fingerprints",
        "column: PlanRevision.sizes",
        "column: PlanRevision.warnings",
        "column: RiskWaiver.evidence",
        "column: Route.buckets",
        "column: Route.stores",
        "column: RouteLease.counters",
        "column: RoutePanel.values",
        "column: SignOnAnswer.identity",  # what the provider said of somebody, for a minute
        "column: Signature.fingerprints",
        "column: Target.config",  # declared fields only; credentials have fields of their own
        "column: TargetProbe.facts",
        "column: TargetProbe.fingerprint",
        "column: Webhook.kinds",
        "input: idempotency.claim.key",
        "input: idempotency.keep.key",
        "input: idempotency.release.key",
        "input: proving.Verified.sealed_through",
        "input: sessions.revoke.session_id",  # the id of a row
        "input: finding.is_key.key",  # a row's number
        "input: finding.one.key",
        "input: tokens.edit.token_id",
        "input: tokens.revoke.token_id",
        "input: written_files.content.key",  # where the artifact store keeps it
        "setting: SNAKEWEB_ARTIFACTS_URL",
        "target: beam.key",  # the path of a file on the worker
        "target: http.url",  # refused with credentials in it
        "setting: SNAKEWEB_AUDIT_PUBLIC_KEYS",
        "setting: SNAKEWEB_SECRET_KEYS_GENERATED",
    ),
    SURROUNDINGS: (
        "setting: CELERY_BROKER_URL",
        "setting: EMAIL_HOST_PASSWORD",
        "setting: SECRET_KEY",
        "setting: SECRET_KEY_FALLBACKS",
        "setting: SNAKEWEB_AUDIT_CHECKPOINTS_URLS",
        "setting: SNAKEWEB_OIDC_CLIENT_SECRET",
        "setting: SNAKEWEB_SECRET_KEYS",
        "setting: SNAKEWEB_TRACES_HEADERS",
        "setting: SNAKEWEB_TRACES_URL",
    ),
    IN_PASSING: (
        "input: stored_secrets.create.secret",
        "input: stored_secrets.replace.secret",
        "credential: password",
        "credential: readonly_password",
        "credential: gateway_token",
        "input: invitations.accept.password",
        "input: people.end_what_changed.password",
        "input: people.note_what_was_given.password",
        "input: targets.create.secrets",
        "input: targets.edit.secrets",
        "input: webhooks.NewSecret.secret",
    ),
    SIGNED_IN: (
        "column: Session.session_data",
        "column: Session.session_key",
        "column: UserSession.data",
        "column: UserSession.session_key",
        "input: sessions.revoke_others.current_key",
        "input: sessions.seen.key",
    ),
}
ADVICE = (
    "may hold a secret and is not classified. If it does: seal it with runtime/secrets.py and add it to PLACES in "
    "runtime/sealed_places.py, or keep a hash; take it as an input only where it is sealed at once; let a handler's "
    "parameter name the target that holds it. Then, or if it never does, write it into INVENTORY, where it is right."
)


def test_every_place_that_may_hold_a_secret_is_classified() -> None:
    classified = [name for names in INVENTORY.values() for name in names]
    unclassified = sorted(set(found()) - set(classified))

    assert len(classified) == len(set(classified))
    assert not unclassified, f"{', '.join(unclassified)}: {ADVICE}"


def test_nothing_is_classified_that_is_not_there() -> None:
    assert not {name for names in INVENTORY.values() for name in names} - set(found())


def test_a_new_column_input_parameter_or_setting_is_found(settings, monkeypatch) -> None:
    settings.SNAKEWEB_VAULT_TOKEN = "x"
    monkeypatch.setattr(secret_inventory, "SECRET_NAMES", ("private_key",))

    class Cupboard(models.Model):
        passphrase = models.CharField(max_length=9)
        anything = models.JSONField()
        harmless = models.CharField(max_length=9)

        class Meta:
            app_label = "migrations_app"
            managed = False

    with monkeypatch.context() as only:
        only.setattr(secret_inventory.apps, "get_models", lambda: [Cupboard])
        new = set(found())
    del secret_inventory.apps.all_models["migrations_app"]["cupboard"]
    secret_inventory.apps.clear_cache()

    assert {"setting: SNAKEWEB_VAULT_TOKEN", "credential: private_key"} <= new
    assert {name for name in new if name.startswith("column")} == {
        "column: Cupboard.passphrase",
        "column: Cupboard.anything",
    }

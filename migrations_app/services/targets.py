"""Targets: the live things of an environment. Admins make and change them; credentials are sealed at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from migrations_app import pools
from migrations_app.engine.errors import Problem
from migrations_app.engine.lifecycle import ReviewEvent
from migrations_app.engine.plan import content_digest
from migrations_app.engine.vocabulary import MigrationStatus, TargetKind
from migrations_app.handlers.config import target as configurations
from migrations_app.handlers.project import target as projects
from migrations_app.models import ClaimedTarget, Environment, Migration, SealedSecret, Target
from migrations_app.runtime import file_roots
from migrations_app.runtime import secrets as vault
from migrations_app.services import audit, finding, signatures
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict
from migrations_app.services.forbidden_targets import guarded_in, own_store
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.probing import TargetTest, test
from migrations_app.services.versions import require_seen
from migrations_app.stores import sessions
from migrations_app.stores.tables import configuration as databases

__all__ = ["SECRET_NAMES", "TargetTest", "archive", "create", "edit", "restore", "test"]

SECRET_NAMES = ("password", "readonly_password", "gateway_token")
MOST_SECRET = 4_000
KINDS = (
    TargetKind.SESSION_STORE,
    TargetKind.CONFIG_FILE,
    TargetKind.ADAPTER_PROJECT,
    TargetKind.DATABASE,
    TargetKind.WORKER_POOL,
)
_DONE = (MigrationStatus.COMPLETED, MigrationStatus.CANCELLED)


@operation("target.create", about="target")
def create(
    *,
    actor: Actor,
    now: datetime,
    environment_id: int,
    name: str,
    kind: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, str] | None = None,
) -> int:
    """Returns its id. `config` is what the fields of the kind say; credentials go into `secrets` only."""
    environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_TARGETS)
    person = finding.person(actor)
    check = Check()
    target = Target(environment=environment, created_by=person, created_at=now, changed_at=now)
    target.name = check.name("name", name, most=60)
    target.kind = check.one_of("kind", kind, KINDS, "kind of target that this version knows")
    target.config = _config(check, target.kind, config, environment)
    given = _secrets(check, secrets or {})
    if Target.objects.filter(environment=environment, name=target.name).exists():
        check.problem("name", f"{environment.name} has a target “{target.name}”.", "Choose another name.", "taken")
    check.done()
    target.save()
    _store_secrets(target, given, now)
    _record(actor, now, "target.create", target, before=None, credentials=given)
    return target.pk


@operation("target.edit", about="target")
def edit(
    *,
    actor: Actor,
    now: datetime,
    target_id: int,
    version: int,
    config: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str | None] | None = None,
) -> int:
    """Returns the new version. What is None stays; a secret that is None is removed, one that is '' stays.

    Another configuration voids the signatures of every open plan that uses the target; other credentials do not,
    because a plan names the target and not its credentials. Refused while a run uses the target.
    """
    target = _locked(actor, target_id, version)
    check = Check()
    fresh = target.config if config is None else _config(check, target.kind, config, target.environment)
    given = _secrets(check, secrets or {})
    check.done()
    changed = content_digest(fresh) != content_digest(target.config)
    if not changed and not given:
        return target.version
    open_migrations = _open_migrations(target)  # locked first: a run that starts now waits, or is seen below
    _not_in_use(target)
    before = target.config
    target.config = fresh
    target.version += 1
    target.changed_at = now
    target.save(update_fields=["config", "version", "changed_at"])
    _store_secrets(target, given, now)
    voided = sum(
        signatures.void_by_change(
            migration,
            now=now,
            event=ReviewEvent.TARGET_CHANGED,
            because=f"{actor.username} changed target {target.name}",
        )
        for migration in open_migrations
        if changed
    )
    _record(actor, now, "target.edit", target, before=before, credentials=given, voided=voided)
    return target.version


@operation("target.archive", about="target")
def archive(*, actor: Actor, now: datetime, target_id: int, version: int) -> None:
    """No new plan can use it. Refused while a run or an open migration does."""
    target = _locked(actor, target_id, version)
    users = _open_migrations(target)
    _not_in_use(target)
    if users:
        raise Conflict(
            f"{target.name} is used by “{users[0].title}” ({len(users)} open in all); nothing was changed.",
            "Cancel those migrations or give them another target first.",
            reason="target_in_use",
        )
    target.archived_at = now
    target.version += 1
    target.save(update_fields=["archived_at", "version"])
    _record(actor, now, "target.archive", target, before=target.config)


@operation("target.restore", about="target")
def restore(*, actor: Actor, now: datetime, target_id: int) -> None:
    """Take an archiving back. Its name was never free, so nothing can be in the way."""
    target = finding.target(target_id, actor=actor, permission=Permission.MANAGE_TARGETS, lock=True)
    if target.archived_at is None:
        raise Conflict(f"{target.name} is not archived; nothing was changed.", "Nothing to do.", reason="not_archived")
    target.archived_at = None
    target.version += 1
    target.save(update_fields=["archived_at", "version"])
    _record(actor, now, "target.restore", target, before=target.config)


def _locked(actor: Actor, target_id: int, version: int) -> Target:
    target = finding.target(target_id, actor=actor, permission=Permission.MANAGE_TARGETS, lock=True)
    require_seen(target.name, target.version, [version])
    if target.archived_at is not None:
        raise Conflict(f"{target.name} is archived; nothing was changed.", "Bring it back first.", reason="archived")
    return target


def _not_in_use(target: Target) -> None:
    claim = ClaimedTarget.objects.filter(target=target).first()
    if claim is not None:
        raise Conflict(
            f"{target.name} is in use by run {claim.run_id}; nothing was changed.",
            "Wait until that run has ended, or cancel it.",
            reason="target_in_use",
            run=claim.run_id,
        )


def _open_migrations(target: Target) -> list[Migration]:
    """Locked, in the order of their ids. Their targets' rows are always locked before."""
    rows = Migration.objects.filter(target_roles__target=target).exclude(status__in=_DONE)
    ids = sorted(set(rows.values_list("pk", flat=True)))
    locked = Migration.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    return list(locked.select_related("environment", "created_by"))


def _config(check: Check, kind: str, config: Any, environment: Environment) -> dict[str, Any]:
    """Of a kind that is none nothing more is said."""
    before = len(check.problems)
    given = dict(check.mapping("config", config))
    if len(check.problems) == before and kind == TargetKind.WORKER_POOL:
        problems = pools.config_problems(given)
        check.add(problems)
        _check_path(check, given, problems)
    elif len(check.problems) == before and kind in (TargetKind.SESSION_STORE, TargetKind.DATABASE):
        problems = (databases if kind == TargetKind.DATABASE else sessions).config_problems(given)
        _check_owner_and_path(check, given, problems)
        if not problems:
            _check_guard(check, given, environment)
    elif len(check.problems) == before and kind == TargetKind.CONFIG_FILE:
        _check_owner_and_path(check, given, configurations.config_problems(given))
    elif len(check.problems) == before and kind == TargetKind.ADAPTER_PROJECT:
        problems = projects.config_problems(given)
        check.add(problems)
        _check_path(check, given, problems)
    return given


def _check_owner_and_path(check: Check, config: Mapping[str, Any], problems: Sequence[Problem]) -> None:
    """Adds what is wrong with it, or whose it is: nothing of Snakeweb's own, and no file outside of the roots."""
    check.add(problems)
    owner = "" if problems else own_store(config)
    if owner:
        check.problem("config", f"This is {owner}.", "Choose what you want to migrate.", "own_store")
    else:
        _check_path(check, config, problems)


def _check_guard(check: Check, config: Mapping[str, Any], environment: Environment) -> None:
    guarded = guarded_in(config, environment)
    if guarded:
        check.problem(
            "config",
            f"This is {guarded.name} of {guarded.environment.name}, which asks for more than {environment.name}.",
            "Plan there, or archive that target first.",
            "guarded_elsewhere",
        )


def _check_path(check: Check, config: Mapping[str, Any], problems: Sequence[Problem]) -> None:
    if not problems and (refusal := file_roots.refusal(config)):
        check.problem("config.path", refusal, file_roots.FIX, "outside_of_roots")


def _secrets(check: Check, given: Any) -> dict[str, str | None]:
    """What to store (None: remove). Messages never repeat a value."""
    clean: dict[str, str | None] = {}
    for name, value in check.mapping("secrets", given).items():
        field = f"secrets.{name}"[:80]
        if name not in SECRET_NAMES:
            check.problem(field, "There is no such credential.", f"Use {' or '.join(SECRET_NAMES)}.", "unknown")
        elif value is not None and not isinstance(value, str):
            check.problem(field, "This has to be text.", "Put it in quotes.", "not_text")
        elif value is not None and (len(value) > MOST_SECRET or "\x00" in value):
            check.problem(field, "This cannot be a credential.", f"Use at most {MOST_SECRET} characters.", "too_long")
        elif value != "":
            clean[name] = value
    return clean


def _store_secrets(target: Target, given: Mapping[str, str | None], now: datetime) -> None:
    for name, clear in given.items():
        if clear is None:
            SealedSecret.objects.filter(target=target, name=name).delete()
        else:
            vault.store(target_id=target.pk, name=name, clear=clear, at=now)


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    target: Target,
    *,
    before: Mapping[str, Any] | None,
    credentials: Mapping[str, str | None] | None = None,
    voided: int = 0,
) -> None:
    """Credentials are named, never written: `entered` ones, `removed` ones."""
    after: dict[str, Any] = {"name": target.name, "kind": str(target.kind), "version": target.version}
    after["config"] = target.config
    if credentials:
        after["entered"] = sorted(name for name, clear in credentials.items() if clear is not None)
        after["removed"] = sorted(name for name, clear in credentials.items() if clear is None)
    if voided:
        after["voided_signatures"] = voided
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="target",
        object_id=target.pk,
        environment=target.environment.name,
        before=None if before is None else {"config": before},
        after=after,
    )

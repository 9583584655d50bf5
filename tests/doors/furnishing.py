"""Real things behind the addresses that need more than a row: each as Snakeweb itself makes it.

A configuration of two versions with their snapshots, an adapter's plan, a run's refused rows, a draft that was
discarded, an open invitation in the browser, a sign-on that the provider sends back.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunKind, TargetKind
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.data.rejected import prefix
from migrations_app.models import Environment, ExternalIdentity, Migration, Person, Run, RunEvent, Sketch, WrittenFile
from migrations_app.runtime import composition, saml
from migrations_app.services import targets
from tests.adapters_on_stage import AdapterStage
from tests.cast import Cast
from tests.configurations_on_disk import configuration_stage
from tests.handlers.adapter.places import ADAPTER, MANUAL, Shop
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET
from tests.saml_provider import ENTITY_ID, IdentityProvider
from tests.stores_on_disk import newest


def provider_settings(issuer: str, place: Path) -> dict[str, Any]:
    """One of each protocol, which no process would start with: each has addresses of its own."""
    place.mkdir(exist_ok=True)
    return {
        "SNAKEWEB_SAML": IdentityProvider(place).settings(),
        "SNAKEWEB_OIDC_ISSUER": issuer,
        "SNAKEWEB_OIDC_CLIENT_ID": CLIENT_ID,
        "SNAKEWEB_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "SNAKEWEB_SIGN_ON_ROLES": {"sre": ["viewer"]},
    }


def configuration(cast: Cast, environment: Environment, directory: Path, now: datetime) -> int:
    """Its target's id: a run found one content and wrote another, which is on the disk now."""
    place = configuration_stage(cast, environment, directory, now)
    migration = Migration.objects.get(pk=place.planned())
    run = Run.objects.create(
        migration=migration,
        environment=environment,
        revision=newest(migration),
        kind=RunKind.APPLY,
        state="succeeded",
        started_by=cast.people["operator"],
        created_at=now,
        started_at=now,
        ended_at=now,
    )
    before = place.contents
    (place.place / "dev.exs").write_bytes(b"import Config\n")
    seen = (("backup", "0.8.8", before), ("write", "0.13.0", place.contents))
    events: list[tuple[EventType, str, dict[str, Any]]] = [
        (EventType.RUN_QUEUED, "", {}),
        (EventType.RUN_STARTED, "", {}),
    ]
    for step, version, contents in seen:
        fingerprint = snapshots.save(composition.artifacts(), place.target_id, contents)
        result = {"fingerprint": fingerprint, "version": version, "files": snapshots.file_fingerprints(contents)}
        events += [(EventType.STEP_STARTED, step, {}), (EventType.STEP_SUCCEEDED, step, {"result": result})]
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=seq, type=kind, step=step, payload=payload, attempt=1 if step else 0, at=now)
        for seq, (kind, step, payload) in enumerate(events, 1)
    )
    return place.target_id


def adapter_migration(cast: Cast, environment: Environment, directory: Path, now: datetime) -> int:
    """Planned, with a tool that a person has to decide about."""
    directory.mkdir(parents=True)
    shop = Shop(directory)
    shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL)
    project = targets.create(
        actor=cast.actors["admin"],
        now=now,
        environment_id=environment.pk,
        name="shop",
        kind=TargetKind.ADAPTER_PROJECT,
        config={"path": str(shop.root)},
    )
    parameters = {"equivalence": "off", "manual_tools": "keep_custom"}
    return AdapterStage(cast, environment, shop, project).planned(parameters=parameters)


def refused_rows(run: Run) -> None:
    row = {"table": "orders", "key": ["1"], "reason": "No.", "values": {"note": "ä"}}
    with composition.artifacts().create(f"{prefix(run.pk)}1.ndjson") as stream:
        stream.write(json.dumps(row).encode() + b"\n")


def written(file: WrittenFile) -> int:
    """Its id: what its person asked for is in the artifact store."""
    with composition.artifacts().create(file.key) as stream:
        stream.write(b"{}\n")
    return file.pk


def discarded_draft(person: Person, now: datetime) -> int:
    return Sketch.objects.create(person=person, values={}, created_at=now, changed_at=now, discarded_at=now).pk


def known_at_the_providers(person: Person, now: datetime) -> None:
    for issuer in (settings.SNAKEWEB_OIDC_ISSUER, ENTITY_ID):
        ExternalIdentity.objects.create(
            person=person, issuer=issuer, subject=person.username, linked_at=now, used_at=now
        )


def invitation_opened(client: Client, path: str, numbers: dict[str, Any]) -> str:
    """The invited have brought their link, which the session remembers."""
    client.get(reverse("invitation", args=[numbers["clear"]]))
    return path


def sent_back(client: Client, path: str, numbers: dict[str, Any]) -> str:
    """Where the provider sends whoever began here: as the person who is signed in, or as somebody new."""
    begun = client.get(reverse("single_sign_on"))
    person = Person.objects.filter(pk=client.session.get("_auth_user_id")).first()
    subject = person.username if person else "nora"
    claims = {"sub": subject, "email": f"{subject}@elsewhere.example", "email_verified": True, "groups": ["sre"]}
    asked = f"{begun['Location']}&{urlencode({'claims': json.dumps(claims)})}"
    return httpx.get(asked, trust_env=False).headers["Location"].removeprefix("http://testserver")


def saml_answer(address: str = "", subject: str = "nora") -> str:
    """What the provider of SAML posts, where there is one: to a request of nobody's without address. For half a day."""
    if not saml.is_given(settings.SNAKEWEB_SAML):
        return ""
    idp = IdentityProvider(Path(settings.SNAKEWEB_SAML["metadata"]).parent)
    if not address:
        names = [f"http://testserver{reverse(name)}" for name in ("saml_metadata", "saml_answer")]
        address, _ = saml.leaving(saml.provider(settings.SNAKEWEB_SAML), saml.Here(*names), again=False)
    email = f"{subject}@elsewhere.example"
    return idp.answer(address, {"sub": subject, "email": email, "groups": ["sre"], "good_for": 43_200})


def posted_back(client: Client, path: str, numbers: dict[str, Any]) -> str:
    """Where `saml_answer` sends the browser that began here."""
    with override_settings(SNAKEWEB_OIDC_ISSUER=""):
        begun = client.get(reverse("single_sign_on"))
    person = Person.objects.filter(pk=client.session.get("_auth_user_id")).first()
    form = {"SAMLResponse": saml_answer(begun["Location"], person.username if person else "nora")}
    return Client().post(reverse("saml_answer"), form)["Location"]


#: What a browser has done before it asks for an address; each returns the address that it asks for then.
BEFORE = {"invitation_accept": invitation_opened, "single_sign_on_finish": sent_back, "saml_finish": posted_back}
#: What stands in for a name at some addresses.
INSTEAD = {
    "target_history": {"target_id": "configuration_id", "after": "second"},
    "target_history_restore": {"target_id": "configuration_id"},
    "migration_tools": {"migration_id": "adapter_migration_id"},
    "sketch_restore": {"sketch_id": "discarded_sketch_id"},
    "inbox_read_one": {"item_id": "notice_id"},
    "inbox_unread_one": {"item_id": "notice_id"},
}


def numbers_for(name: str, numbers: dict[str, Any]) -> dict[str, Any]:
    """What stands in for each name in this address. An address of the API is called as its page."""
    return numbers | {key: numbers[other] for key, other in INSTEAD.get(name, {}).items()}

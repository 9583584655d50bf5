"""The first page of somebody new: the set-up of an empty installation, and the guide to a first migration."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.test import Client

from migrations_app.models import AuditEntry, Migration, Person, Run, Sketch, Target
from migrations_app.services import freezes, notifications, targets, windows
from migrations_app.services.actor import Actor
from tests.cast import Cast
from tests.stores_on_disk import Stage, newest


def at_home(username: str) -> Client:
    client = Client()
    client.force_login(Person.objects.get(username=username))
    return client


def has_run(stage: Stage) -> None:
    """Somebody else's migration has run here."""
    migration = stage.planned()
    Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="apply",
        state="succeeded",
        started_by=stage.cast.people["admin"],
        created_at=stage.now,
    )
    migration.created_by = stage.cast.people["admin"]
    migration.save()


def stage_sides(stage: Stage) -> tuple[tuple[str, int], ...]:
    return ("source", stage.source_id), ("target", stage.target_id)


def practice(stage: Stage, name: str, like: int) -> int:
    """A target of its own with the same content, which nothing is planned for."""
    path = Path(Target.objects.get(pk=like).config["path"])
    copy = Path(shutil.copy(path, path.with_name(f"practice-{path.name}")))
    return targets.create(
        actor=stage.cast.actors["admin"],
        now=stage.now,
        environment_id=stage.environment.pk,
        name=f"practice-{name}",
        kind="session_store",
        config={"store": "sqlite", "path": str(copy)},
    )


def test_an_empty_installation_shows_the_one_next_action(db: None) -> None:
    Person.objects.create_superuser("root", password="")
    text = at_home("root").get("/").content.decode()
    assert "0 of 6 done" in text
    assert text.count('class="button primary"') == 1
    assert 'href="/environments/new/"' in text
    assert "Nothing waits for you" not in text


def test_what_one_may_not_do_says_who_may(cast: Cast) -> None:
    text = at_home("operator").get("/").content.decode()
    assert 'aria-disabled="true" aria-describedby="who-targets"' in text
    assert "admin can do this." in text
    assert 'href="/targets/new/"' in at_home("admin").get("/").content.decode()


def test_the_next_target_is_tested_from_here(stage: Stage) -> None:
    assert f'action="/targets/{stage.source_id}/test/"' in at_home("operator").get("/").content.decode()


def test_the_guide_leads_from_two_stores_into_the_form(stage: Stage, operator: Actor) -> None:
    has_run(stage)
    client = at_home("operator")
    assert "Choose a template, and two targets" in client.get("/").content.decode()
    assert "Your first migration" not in at_home("viewer").get("/").content.decode()

    made = [practice(stage, name, target_id) for name, target_id in stage_sides(stage)]
    for target_id in made:
        targets.test(actor=operator, now=stage.now, target_id=target_id)
    text = client.get("/").content.decode()
    assert "from <code>practice-source</code> to the empty <code>practice-target</code>" in text
    chosen = {"environment": stage.environment.pk, "targets.source": made[0], "targets.target": made[1]}
    client.post("/migrations/new/begin/", {"template": "session/standard", **chosen})
    values = Sketch.objects.get().values
    assert values["targets.target"] == str(made[1])
    assert values["title"] == "Move sessions to a new store"


def test_the_guide_can_be_put_away_and_back(stage: Stage) -> None:
    has_run(stage)
    client = at_home("operator")
    before = AuditEntry.objects.count()
    away = client.post("/guide/hide/", follow=True).content.decode()
    assert "Put the guide away" not in away
    assert 'action="/guide/show/"' in away
    assert "Put the guide away" in client.post("/guide/show/", follow=True).content.decode()
    assert AuditEntry.objects.count() == before


def test_what_waits_comes_before_something_new(stage: Stage) -> None:
    has_run(stage)
    client = at_home("operator")
    client.post("/guide/hide/")
    new = '<a class="button primary" href="/migrations/new/"'
    assert new in client.get("/").content.decode()

    person = stage.cast.people["operator"]
    notifications.tell(
        [person], now=stage.now, kind="signature_wanted", text="look at this", migration=Migration.objects.latest("pk")
    )
    text = client.get("/").content.decode()
    assert "look at this" in text
    assert new not in text
    assert text.index('id="failures"') < text.index('id="recent"')


def test_what_is_frozen_and_when_windows_open_stands_on_the_first_page(admin: Actor, cast: Cast, now: datetime) -> None:
    client = at_home("viewer")
    assert "Windows and freezes" not in client.get("/").content.decode()
    freezes.create(actor=admin, now=now, reason="Quarter end", ends_at=datetime.now(UTC) + timedelta(hours=1))
    windows.create(
        actor=admin,
        now=now,
        environment_id=cast.environments["dev"].pk,
        name="Nightly",
        zone="UTC",
        first=now.replace(tzinfo=None),
        minutes=60,
        recurrence="FREQ=DAILY",
    )

    text = client.get("/").content.decode()
    assert "Quarter end" in text
    assert "Nightly" in text
    assert "Windows and freezes" in at_home("outsider").get("/").content.decode()  # everything is frozen for all
    assert "Nightly" not in at_home("outsider").get("/").content.decode()

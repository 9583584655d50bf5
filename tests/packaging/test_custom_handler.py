"""The example package, built and installed as a third party would, through UI, API and audit with the real engine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from migrations_app.handlers import registry
from migrations_app.models import AuditEntry, Environment, Migration, Run, Target
from migrations_app.services import targets
from tests.architecture.sources import ROOT, tracked
from tests.cast import Cast
from tests.services.test_driving import drive_to_end
from tests.web.door import signed_in

EXAMPLE = Path("examples/custom_handler")
MODELS = {"small.gguf": b"small" * 100, "voices/anna.onnx": b"anna" * 9, "notes.txt": b"no model"}

pytestmark = pytest.mark.django_db(transaction=True)


def run(*command: str, cwd: Path, **more: str) -> str:
    """What it said. In no environment of ours but `more`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SNAKEWEB", "DJANGO", "COV"))}
    ended = subprocess.run(command, cwd=cwd, env={**kept, **more}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as it is kept, without what tools leave beside it."""
    place = tmp_path_factory.mktemp("example")
    for path in tracked():
        if path.is_relative_to(EXAMPLE):
            (place / path.relative_to(EXAMPLE)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, place / path.relative_to(EXAMPLE))
    return place


@pytest.fixture(scope="module")
def site(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory into which the built wheel is installed. Nothing is fetched from anywhere."""
    out, site = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("site")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(out), ".", cwd=source)
    (wheel,) = out.glob("snakeweb_model_files-1.0.0-*.whl")
    run(*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel), cwd=source)
    return site


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As it is in a process that was started after the installation."""
    monkeypatch.syspath_prepend(str(site))
    before = registry.custom()
    assert registry.load({}).refused == ()
    yield
    registry.let_in(before)
    for name in [name for name in sys.modules if name.startswith("snakeweb_model_files")]:
        del sys.modules[name]


@pytest.fixture
def projects(cast: Cast, dev: Environment, tmp_path: Path, now: Any, settings: LazySettings) -> dict[str, Target]:
    settings.SNAKEWEB_MIGRATION = {"dry_run_required": False}
    for path, content in MODELS.items():
        file = tmp_path / "old-app/models" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (tmp_path / "new-app").mkdir()
    made = {}
    for role, name in (("source", "old-app"), ("target", "new-app")):
        config = {"path": str(tmp_path / name)}
        number = targets.create(
            actor=cast.actors["admin"],
            now=now,
            environment_id=dev.pk,
            name=name,
            kind="adapter_project",
            config=config,
        )
        made[role] = Target.objects.get(pk=number)
    return made


def arrived(projects: dict[str, Target]) -> set[str]:
    folder = Path(projects["target"].config["path"])
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def typed(dev: Environment, projects: dict[str, Target], **more: str) -> dict[str, Any]:
    """What the form of a new migration sends."""
    roles = {f"targets.{role}": target.pk for role, target in projects.items()}
    options = {"options.batch_size": "1", "options.parallel_workers": "2"}
    return {"title": "Copy the models", "environment": dev.pk, "handler": "model_files", **roles, **options, **more}


@pytest.mark.servers
def test_a_process_of_its_own_knows_it_and_it_passes_the_contract(source: Path, site: Path, tmp_path: Path) -> None:
    paths = os.pathsep.join((str(site), str(ROOT)))
    said = run(
        *(sys.executable, "-W", "error", "-m", "django", "check"),
        cwd=tmp_path,
        PYTHONPATH=paths,
        DJANGO_SETTINGS_MODULE="snakeweb.settings",
        SNAKEWEB_STATE=str(tmp_path),
    )
    assert "no issues" in said
    said = run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=source, PYTHONPATH=paths)
    assert "passed" in said


def test_through_the_pages(installed: None, dev: Environment, projects: dict[str, Target]) -> None:
    client = signed_in("operator")
    begin = client.get("/migrations/new/").content.decode()
    assert "Copy the models" in begin
    assert "Move the models" in begin

    form = client.get(client.post("/migrations/new/begin/", {"template": "model_files/move"})["Location"])
    page = form.content.decode()
    for shown in ("Model files", 'name="targets.source"', 'name="parameters.suffixes"', "options.cleanup_source"):
        assert shown in page, shown
    assert 'name="options.zero_downtime"' not in page

    wrong = client.post("/migrations/new/", typed(dev, projects, plan="1", **{"parameters.folder": "../elsewhere"}))
    assert wrong.status_code == 422
    assert b"leads out of the project" in wrong.content
    Migration.objects.all().delete()

    made = client.post("/migrations/new/", typed(dev, projects, plan="1", **{"options.cleanup_source": "on"}))
    migration = Migration.objects.get()
    assert made["Location"] == f"/migrations/{migration.pk}/"
    assert (migration.handler, migration.type) == ("model_files", "custom_migration")
    page = client.get(f"/migrations/{migration.pk}/").content.decode()
    for shown in ("Measure every file", "remove the copies", "The models are taken from the source", "model_files"):
        assert shown in page, shown

    client.post(f"/migrations/{migration.pk}/rehearse/")
    rehearsal = drive_to_end(Run.objects.get())
    assert (rehearsal.kind, rehearsal.state, arrived(projects)) == ("rehearsal", "succeeded", set())

    client.post(f"/migrations/{migration.pk}/execute/")
    applied = drive_to_end(Run.objects.latest("pk"))
    assert (applied.state, applied.parked_because) == ("parked", "confirmation")
    page = client.get(f"/runs/{applied.pk}/").content.decode()
    assert "Compare both sides by SHA-256" in page
    answer = {"step": "remove", "digest": applied.revision.digest, "decision": "approve"}
    assert client.post(f"/runs/{applied.pk}/confirm/", answer).status_code == 302
    assert drive_to_end(applied).state == "succeeded"
    assert arrived(projects) == {"models/small.gguf", "models/voices/anna.onnx"}
    assert not Path(projects["source"].config["path"], "models/small.gguf").exists()
    report = client.get(f"/runs/{applied.pk}/report/").content.decode()
    assert ": passed" in report

    client.post(f"/migrations/{migration.pk}/roll-back/")
    assert drive_to_end(Run.objects.latest("pk")).state == "rolled_back"
    assert arrived(projects) == set()
    assert Path(projects["source"].config["path"], "models/small.gguf").read_bytes() == MODELS["small.gguf"]
    for path in ("/migrations/?q=models", "/search/?q=models"):
        assert f"/migrations/{migration.pk}/" in client.get(path).content.decode(), path
    done = set(AuditEntry.objects.filter(outcome="allowed").values_list("action", flat=True))
    assert {"migration.plan", "run.rehearse", "run.execute", "run.sign_off", "run.roll_back"} <= done
    assert signed_in("auditor").get("/audit/").status_code == 200


def test_through_the_api(installed: None, dev: Environment, projects: dict[str, Target]) -> None:
    client = signed_in("operator")

    def post(path: str, body: Any = None) -> Any:
        answer = client.post(f"/api/v1{path}", body or {}, content_type="application/json")
        return answer.status_code, answer.json() if answer.content else None

    wish = {
        "title": "Copy the models",
        "environment_id": dev.pk,
        "type": "custom_migration",
        "handler": "model_files",
        "targets": {role: target.pk for role, target in projects.items()},
        "parameters": {"folder": "models", "colour": "red"},
        "options": {"batch_size": 1},
    }
    status, refused = post("/migrations", wish)
    assert (status, {problem["field"] for problem in refused["problems"]}) == (422, {"parameters.colour"})

    wish["parameters"] = {"folder": "models"}
    status, made = post("/migrations", wish)
    assert status == 201, made
    number = made["id"]
    status, plan = post(f"/migrations/{number}/plan")
    assert status in (200, 201), plan
    assert [step["id"] for step in plan["steps"]] == ["measure", "copy", "compare"]
    status, validated = post(f"/migrations/{number}/validate")
    assert status == 202
    assert drive_to_end(Run.objects.get(pk=validated["run"])).state == "succeeded"
    assert arrived(projects) == set()
    status, executed = post(f"/migrations/{number}/execute", {"digest": plan["digest"]})
    assert status == 202, executed
    assert drive_to_end(Run.objects.get(pk=executed["run"])).state == "succeeded"
    assert arrived(projects) == {"models/small.gguf", "models/voices/anna.onnx"}

    shown = client.get(f"/api/v1/runs/{executed['run']}").json()
    assert shown["state"] == "succeeded"
    text = client.get(f"/api/v1/migrations/{number}/export").content.decode()
    assert "handler: model_files" in text
    actions = list(AuditEntry.objects.filter(outcome="allowed").values_list("action", flat=True))
    assert {"migration.create", "migration.plan", "run.validate", "run.execute"} <= set(actions)

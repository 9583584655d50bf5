"""From zero to verified and rolled back, by `snakeweb` alone and by the examples for CI; real processes."""

import json
import stat
import subprocess
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from migrations_app.demo.people import PEOPLE
from migrations_app.stores.sessions import open_store
from tests.architecture.sources import ROOT
from tests.cli.installation import MIGRATION, SESSIONS, TARGETS, Stage, stage
from tests.cli.workflow import Job, on_gitlab, run
from tests.parallel import wait_for

pytestmark = [pytest.mark.servers]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("cli")) as made:
        yield made


def sessions(here: Stage, name: str) -> int:
    """Counted in the store itself."""
    with open_store({"store": "sqlite", "path": str(here.files / f"{name}.sqlite3")}, {}, read_only=True) as store:
        return store.count() if store.probe().exists else 0


def test_from_zero_to_verified_and_rolled_back(here: Stage) -> None:
    said = here.shell(f'{ROOT}/examples/cli/from_zero.sh "$@"', "targets.yaml", "migration.yaml")

    assert "still in review" in said
    assert "Arthur Approver: approve Read it." in said
    assert f"{SESSIONS} session(s) verified on “sessions-old”" in said
    assert "Everything is as it was before." in said
    assert (sessions(here, "walk-old"), sessions(here, "walk-new")) == (SESSIONS, 0)
    for secret in (*(person.password for person in PEOPLE), "swk_"):
        assert secret not in said
    settings = here.directory / "home" / ".config" / "snakeweb" / "config.toml"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    assert settings.read_text().count("swk_") == 3


@pytest.fixture(scope="module")
def tokens(here: Stage) -> dict[str, str]:
    """Of an operator for CI, and of the people beside it; the targets are there."""
    for name, scopes in (("admin", "--scope read --scope operate --scope admin"), ("operator", ""), ("approver", "")):
        here.shell(f'snakeweb login --profile ci-{name} --sign-in {name} --password-file "$PASSWORDS/{name}" {scopes}')
    (here.directory / "merged.yaml").write_text(
        TARGETS.replace("name: sessions-", "name: merged-").format(files=here.files, name="merged")
    )
    here.shell("snakeweb targets apply merged.yaml --profile ci-admin")
    written = tomllib.loads((here.directory / "home" / ".config" / "snakeweb" / "config.toml").read_text())
    return {name: profile["token"] for name, profile in written["profiles"].items()}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """With one commit, and another that adds a migration."""
    (tmp_path / "code" / "migrations").mkdir(parents=True)
    git(tmp_path / "code", "init", "--quiet")
    git(tmp_path / "code", "commit", "--quiet", "--allow-empty", "--message", "Begin.")
    return tmp_path / "code"


def git(where: Path, *words: str) -> str:
    who = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    return subprocess.run(["git", *who, *words], cwd=where, text=True, capture_output=True, check=True).stdout.strip()


def pushed(repository: Path, text: str) -> dict[str, str]:
    """What the service knows of a push, or of a request to merge."""
    before = git(repository, "rev-parse", "HEAD")
    (repository / "migrations" / "move.yaml").write_text(text)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Move the sessions.")
    now = git(repository, "rev-parse", "HEAD")
    about = {"github.event.pull_request.base.sha": before, "github.event.pull_request.number": "7"}
    about |= {"github.event.before": before, "github.sha": now, "github.token": "x"}
    place = {"CI_API_V4_URL": "https://gitlab.example/api/v4", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7"}
    shas = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": before, "CI_COMMIT_BEFORE_SHA": before, "CI_COMMIT_SHA": now}
    return about | place | shas


MERGED = MIGRATION.replace("sessions-old", "merged-old").replace("sessions-new", "merged-new")


def decided(here: Stage, job: Future[Job], *words: str) -> str:
    """When the job waits for people, the approver signs in and decides. Returns the migration."""

    def waits() -> list[dict[str, str]]:
        found = json.loads(here.shell("snakeweb status --json --profile ci-approver"))
        return [each for each in found["migrations"] if each["review_state"] == "in_review"]

    wait_for(lambda: job.done() or waits(), seconds=120)
    assert not job.done(), job.result().said
    migration = waits()[0]["id"]
    digest = here.shell(f"snakeweb status {migration} --field metadata.digest --profile ci-approver").strip()
    here.shell(
        f'snakeweb approve {migration} --digest {digest} --profile ci-approver --sign-in approver '
        f'--password-file "$PASSWORDS/approver" "$@"', *words,
    )  # fmt: skip
    return str(migration)


def test_a_request_to_merge_gets_the_plan_as_a_comment(
    here: Stage, tokens: dict[str, str], repository: Path, tmp_path: Path
) -> None:
    about = pushed(repository, MERGED)
    job = run(here, "preflight", repository, tmp_path / "one", about, tokens["ci-operator"])

    assert (job.failed, job.status) == ("", 0), job.said
    comment = job.wrote("comment.md")
    assert "**Risk: low**" in comment
    assert "| 5 | Transfer active sessions from merged\\-old to merged\\-new | migration |" in comment
    assert "1 × approver" in comment
    assert job.wrote("summary") == comment
    assert f"pr comment 7 --edit-last --create-if-none --body-file {tmp_path / 'one' / 'comment.md'}" in job.wrote("gh")

    about = pushed(repository, MERGED.replace("merged-old", "nowhere"))
    job = run(here, "preflight", repository, tmp_path / "two", about, tokens["ci-operator"])
    assert (job.failed, job.status) == ("Plan, and leave nothing behind", 5)
    assert "There is no plan" in job.wrote("comment.md")
    assert "spec\\.targets\\.source" in job.wrote("comment.md")
    assert job.wrote("gh")

    about = pushed(repository, MERGED)
    job = on_gitlab(here, "preflight", repository, tmp_path / "three", about, tokens["ci-operator"])
    assert (job.failed, job.status) == ("", 0), job.said
    assert job.wrote("comment.md") == comment
    assert job.wrote("curl").strip().endswith("https://gitlab.example/api/v4/projects/3/merge_requests/7/notes")
    status, said = here.tried(
        "snakeweb plan migrations/move.yaml --preflight --fail-on low --profile ci-operator", where=repository
    )
    assert (status, "No migration was made." in said) == (6, True)
    assert "merged" not in here.shell("snakeweb status --profile ci-operator")


def test_a_merge_waits_for_people_executes_and_fails_where_they_decline(
    here: Stage, tokens: dict[str, str], repository: Path, tmp_path: Path
) -> None:
    with ThreadPoolExecutor() as pool:
        about = pushed(repository, MERGED)
        declined = pool.submit(run, here, "execute", repository, tmp_path / "one", about, tokens["ci-operator"])
        decided(here, declined, "--decline", "--comment", "Not today.")
        job = declined.result(240)
        assert (job.failed, job.status) == ("Wait until people have signed", 1), job.said
        assert sessions(here, "merged-new") == 0

        about = pushed(repository, MERGED.replace("batch_size: 50", "batch_size: 40"))
        signed = pool.submit(run, here, "execute", repository, tmp_path / "two", about, tokens["ci-operator"])
        decided(here, signed)
        job = signed.result(240)

    assert (job.failed, job.status) == ("", 0), job.said
    assert (sessions(here, "merged-old"), sessions(here, "merged-new")) == (SESSIONS, SESSIONS)
    migration = job.wrote("migrations").strip()
    assert job.wrote("summary") == f"{here.installation.url}/migrations/{migration}/ completed\n"
    assert all(token not in job.said for token in tokens.values())

    again = run(here, "execute", repository, tmp_path / "three", about, tokens["ci-operator"])
    assert (again.wrote("migrations").strip(), again.failed) == (migration, "Plan and try dry")  # it has ended

    here.shell(f"snakeweb rollback {migration} --watch --profile ci-operator")
    assert sessions(here, "merged-new") == 0


def test_a_merge_on_gitlab_goes_the_same_way(
    here: Stage, tokens: dict[str, str], repository: Path, tmp_path: Path
) -> None:
    about = pushed(repository, MERGED.replace("batch_size: 50", "batch_size: 30"))
    with ThreadPoolExecutor() as pool:
        signed = pool.submit(on_gitlab, here, "execute", repository, tmp_path / "one", about, tokens["ci-operator"])
        migration = decided(here, signed)
        job = signed.result(240)

    assert (job.failed, job.status) == ("", 0), job.said
    assert (sessions(here, "merged-old"), sessions(here, "merged-new")) == (SESSIONS, SESSIONS)
    assert here.shell(f"snakeweb status {migration} --field status --profile ci-operator") == "completed\n"
    here.shell(f"snakeweb rollback {migration} --watch --profile ci-operator")

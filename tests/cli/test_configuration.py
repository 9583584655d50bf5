"""The configuration file and which word counts: the command line's, the environment's, the profile's."""

import stat
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from migrations_app.cli import configuration
from migrations_app.cli.configuration import Profile
from migrations_app.cli.connection import speaks
from migrations_app.cli.exits import CommandFailed, Exit
from migrations_app.cli.terminal import Out

HAND_WRITTEN = """# ours
default = "staging"

[profiles.staging]
url = "https://staging.example"  # behind the VPN
token = "swk_staging"

[profiles.production]
url = "https://production.example/"
token = "swk_production"
output = "json"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SNAKEWEB_CONFIG", "SNAKEWEB_URL", "SNAKEWEB_TOKEN", "SNAKEWEB_PROFILE", "SNAKEWEB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "snakeweb" / "config.toml"


@pytest.fixture
def written(file: Path) -> Path:
    file.parent.mkdir()
    file.write_text(HAND_WRITTEN)
    file.chmod(0o600)
    return file


def test_what_login_keeps_is_its_owner_s_alone(file: Path) -> None:
    configuration.keep(Profile("staging", "https://a.example", "swk_1"))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert (
        configuration.profile() == configuration.profile("staging") == Profile("staging", "https://a.example", "swk_1")
    )
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_another_profile_leaves_what_people_wrote(written: Path) -> None:
    configuration.keep(Profile("dev", "http://127.0.0.1:8000", "swk_dev"))

    text = written.read_text()
    assert HAND_WRITTEN.strip() in text
    assert configuration.profile("dev").token == "swk_dev"
    assert configuration.profile().name == "staging"
    assert configuration.names() == ["dev", "production", "staging"]

    configuration.forget_token("staging")
    assert configuration.profile("staging") == Profile("staging", "https://staging.example")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("profiles = 1", "no table"),
        ("[profiles]\nstaging = 1", "no table"),
        ("default = 1", "is no text"),
        ("[profiles.default]\nurl = 1", "profiles.default.url"),
        ("[profiles.default]\ntoke = ''", "toke"),
        ("[profiles", "is not TOML"),
        ("\udcff", "is not TOML"),
    ],
)
def test_a_file_that_makes_no_sense_is_named_with_the_place(written: Path, text: str, says: str) -> None:
    written.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(CommandFailed, match=says) as failed:
        configuration.profile()

    assert failed.value.status is Exit.USAGE
    assert str(written) in str(failed.value)


def test_a_token_that_others_may_read_is_not_used(written: Path) -> None:
    written.chmod(0o640)

    with pytest.raises(CommandFailed, match="chmod 600"):
        configuration.profile()


def test_a_profile_that_is_not_there_is_named_with_those_that_are(written: Path) -> None:
    with pytest.raises(CommandFailed, match="there: production, staging"):
        configuration.profile("prod")


@click.command()
@speaks
def told(client, out: Out) -> Exit:
    click.echo(f"{client.base} {client.token} {'json' if out.as_json else 'text'}")
    return Exit.OK


ENVIRONMENT = {"SNAKEWEB_URL": "https://env.example", "SNAKEWEB_TOKEN": "swk_env", "SNAKEWEB_OUTPUT": "text"}
PROFILE = {"SNAKEWEB_PROFILE": "production"}
TABLE = [
    ({}, "", "https://staging.example swk_staging text"),
    ({}, "--profile production", "https://production.example swk_production json"),
    (PROFILE, "", "https://production.example swk_production json"),
    (PROFILE, "--profile staging", "https://staging.example swk_staging text"),
    (PROFILE, "--output text", "https://production.example swk_production text"),
    (ENVIRONMENT, "", "https://env.example swk_env text"),
    (ENVIRONMENT | PROFILE, "", "https://env.example swk_env text"),
    (ENVIRONMENT, "--url https://line.example --json", "https://line.example swk_env json"),
    (ENVIRONMENT, "--profile staging", "https://staging.example swk_staging text"),
    (ENVIRONMENT, "--token-file {file}", "https://env.example swk_file text"),
]


@pytest.mark.parametrize(("environment", "line", "said"), TABLE)
def test_the_line_counts_before_the_environment_and_that_before_the_profile(
    written: Path, tmp_path: Path, environment: dict[str, str], line: str, said: str
) -> None:
    token = tmp_path / "token"
    token.write_text("swk_file\n")

    result = CliRunner().invoke(told, line.format(file=token).split(), env=environment)

    assert result.output.strip() == said


def test_a_stored_token_goes_nowhere_but_to_its_server(written: Path) -> None:
    result = CliRunner().invoke(told, ["--url", "https://elsewhere.example"])

    assert isinstance(result.exception, CommandFailed)
    assert "goes nowhere else" in str(result.exception)
    assert "swk_" not in str(result.exception)

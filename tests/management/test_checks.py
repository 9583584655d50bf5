import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command

from migrations_app.management.checks import (
    outgoing_networks_are_networks,
    rate_limits_are_limits,
    second_factor_roles_are_roles,
    secret_keys_are_given,
    sign_on_is_usable,
    sign_on_roles_are_roles,
)
from tests.saml_provider import IdentityProvider, new_key

ROOT = Path(__file__).resolve().parents[2]


def checked(state: Path, **given: str) -> "subprocess.CompletedProcess[str]":
    """`check --deploy` as an installation with this environment says it; warnings fail it too."""
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", "--database", "default"]
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    surroundings |= {"SNAKEWEB_STATE": str(state), **given}
    return subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)


@pytest.mark.db_semantics
@pytest.mark.django_db
def test_nothing_to_warn_of(capsys):
    call_command("check", "--fail-level", "WARNING", "--database", "default")

    assert "no issues" in capsys.readouterr().out


def test_a_deployment_with_hosts_and_strong_keys_is_clean(tmp_path):
    said = checked(
        tmp_path, SNAKEWEB_ALLOWED_HOSTS="snakeweb.example.org", SNAKEWEB_SECRET_KEYS=secrets.token_urlsafe(48)
    )

    assert said.returncode == 0, said.stderr
    assert "no issues" in said.stdout
    assert said.stderr == ""


def test_keys_that_were_given_are_fine(settings):
    settings.SNAKEWEB_SECRET_KEYS_GENERATED = False
    assert secret_keys_are_given() == []

    settings.SNAKEWEB_SECRET_KEYS_GENERATED = True
    (problem,) = secret_keys_are_given()
    assert str(django_settings.SNAKEWEB_STATE) in str(problem.hint)


def test_a_migration_type_that_cannot_be_used_is_a_warning_with_its_reason_and_stops_nothing(tmp_path):
    said = checked(
        tmp_path,
        SNAKEWEB_ALLOWED_HOSTS="snakeweb.example.org",
        SNAKEWEB_SECRET_KEYS=secrets.token_urlsafe(48),
        SNAKEWEB_CUSTOM_HANDLERS="stamp=tests.custom_types.Stamp, rotate=nowhere.handler.Rotate",
    )

    assert "snakeweb.W001" in said.stderr
    assert "“rotate”" in said.stderr
    assert "ModuleNotFoundError" in said.stderr
    assert "stamp" not in said.stderr


def test_a_role_that_is_none_asks_nobody_for_a_second_factor_and_is_named(settings):
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("approver", "aprover")
    (error,) = second_factor_roles_are_roles()
    assert "aprover." in error.msg
    assert error.id == "snakeweb.E002"
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("approver",)
    assert second_factor_roles_are_roles() == []


def test_a_network_that_is_none_is_named(settings) -> None:
    settings.SNAKEWEB_OUTGOING_NETWORKS = ("10.2.0.0/16", "10.2.3.4/16")
    (error,) = outgoing_networks_are_networks()

    assert "10.2.3.4/16 has host bits set" in error.msg


def test_a_rate_limit_that_says_nothing_is_named(settings):
    settings.SNAKEWEB_RATE_LIMITS = {"api_account": "600/minute", "exports_account": "off"}
    assert rate_limits_are_limits() == []
    settings.SNAKEWEB_RATE_LIMITS = {"api_acount": "600/minute", "api_address": "many"}
    (error,) = rate_limits_are_limits()
    assert "api_acount, api_address." in error.msg


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"sre": ["king@staging", "viewer"]}, "king@staging"),
        ({"sre": "viewer"}, "no list"),
        ([], "no list"),
        ({"g" * 135: ["viewer"], "sre": ["viewer"]}, f"more than 134 characters: {'g' * 135}."),
    ],
)
def test_a_table_of_the_single_sign_on_that_gives_no_role_is_an_error(settings, table, said):
    settings.SNAKEWEB_SIGN_ON_ROLES = {"sre": ["operator@staging", "viewer"], "g" * 134: ["viewer"]}
    assert sign_on_roles_are_roles() == []

    settings.SNAKEWEB_SIGN_ON_ROLES = table
    (problem,) = sign_on_roles_are_roles()
    assert said in str(problem.msg)


def test_a_provider_of_saml_that_cannot_be_used_is_an_error(settings, tmp_path):
    assert sign_on_is_usable() == []
    usable = IdentityProvider(tmp_path).settings()
    settings.SNAKEWEB_SAML = usable
    (unsigned,) = sign_on_is_usable()
    assert (unsigned.id, unsigned.is_serious()) == ("snakeweb.W002", False)
    key, certificate = new_key(tmp_path, "ours")
    settings.SNAKEWEB_SAML = usable = {**usable, "key": key, "certificate": certificate}
    assert sign_on_is_usable() == []

    for changed, said in (
        ({"metadata": "/not/there.xml"}, "/not/there.xml: No such file"),
        ({"attributes": {"mail": "mail"}}, "SNAKEWEB_SAML_ATTRIBUTES is no object with names for email"),
        ({"attributes": ["mail"]}, "SNAKEWEB_SAML_ATTRIBUTES"),
        ({"attributes": {"email": 3}}, "SNAKEWEB_SAML_ATTRIBUTES"),
    ):
        settings.SNAKEWEB_SAML = {**usable, **changed}
        (problem,) = sign_on_is_usable()
        assert said in str(problem.msg)
    settings.SNAKEWEB_SAML = usable
    settings.SNAKEWEB_OIDC_ISSUER = "https://identity.example"
    (problem,) = sign_on_is_usable()
    assert "SNAKEWEB_OIDC_ISSUER is set as well" in str(problem.msg)

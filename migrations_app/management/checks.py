"""What `manage.py check` looks at beside Django's own list."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from migrations_app.engine.vocabulary import Role
from migrations_app.handlers import registry
from migrations_app.runtime import outgoing, saml, sign_on_groups
from migrations_app.runtime.rates import Rate, is_limit


def secret_keys_are_given(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A key that a process made for itself lies in its state directory: other machines and backups miss it."""
    if not settings.SNAKEWEB_SECRET_KEYS_GENERATED:
        return []
    return [
        Error(
            "SNAKEWEB_SECRET_KEYS is not set: the keys in use were generated on this machine.",
            hint="Credentials and backups can only be read with their keys. Set SNAKEWEB_SECRET_KEYS for every process "
            f"alike; to keep what is sealed already, start with the key in {settings.SNAKEWEB_STATE / 'secret_keys'}.",
            id="snakeweb.E001",
        )
    ]


def second_factor_roles_are_roles(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A role that is misspelled here would ask nobody for anything."""
    unknown = sorted(set(settings.SNAKEWEB_SECOND_FACTOR_ROLES) - set(Role))
    if not unknown:
        return []
    return [
        Error(
            f"SNAKEWEB_SECOND_FACTOR_ROLES names what is no role: {', '.join(unknown)}.",
            hint=f"Roles are {', '.join(Role)}.",
            id="snakeweb.E002",
        )
    ]


def outgoing_networks_are_networks(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """One that is misspelled would make every outgoing call fail."""
    try:
        outgoing.allowed_networks()
    except ValueError as error:
        return [
            Error(
                f"SNAKEWEB_OUTGOING_NETWORKS: {error}.",
                hint="Write networks as 10.2.0.0/16 or fd12::/64, separated by spaces.",
                id="snakeweb.E007",
            )
        ]
    return []


def rate_limits_are_limits(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """What cannot be read is passed over, so the installation would have the default in its place."""
    given = settings.SNAKEWEB_RATE_LIMITS
    known = {rate.value for rate in Rate}
    wrong = sorted(name for name, text in given.items() if name not in known or not is_limit(str(text)))
    if not wrong:
        return []
    return [
        Error(
            f"SNAKEWEB_RATE_LIMITS has entries that say nothing: {', '.join(wrong)}.",
            hint=f"Write name=600/minute or name=off; names are {', '.join(sorted(known))}.",
            id="snakeweb.E010",
        )
    ]


def sign_on_roles_are_roles(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A role that is misspelled here would end every sign-in with an error, and so would a name that is not kept."""
    table, wrong = settings.SNAKEWEB_SIGN_ON_ROLES, ""
    if not (isinstance(table, dict) and all(isinstance(roles, list) for roles in table.values())):
        wrong = "is no list of roles by group"
    elif unknown := [str(r) for roles in table.values() for r in roles if str(r).partition("@")[0] not in set(Role)]:
        wrong = f"gives what is no role: {', '.join(unknown)}"
    elif long := [name for name in table if len(name) > sign_on_groups.LONGEST]:
        wrong = f"names groups with more than {sign_on_groups.LONGEST} characters: {', '.join(long)}"
    if not wrong:
        return []
    return [
        Error(
            f"SNAKEWEB_SIGN_ON_ROLES {wrong}.",
            hint=f'Write {{"group": ["role@environment", "role"]}}; roles are {", ".join(Role)}.',
            id="snakeweb.E020",
        )
    ]


def sign_on_is_usable(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A provider of SAML whose files cannot be read would be found out by whoever signs in first."""
    given, wrong = settings.SNAKEWEB_SAML, ""
    if not saml.is_given(given):
        return []
    if settings.SNAKEWEB_OIDC_ISSUER:
        wrong = "SNAKEWEB_OIDC_ISSUER is set as well, and people sign on at one provider"
    elif not _names_attributes(given["attributes"]):
        wrong = f"SNAKEWEB_SAML_ATTRIBUTES is no object with names for {', '.join(saml.ATTRIBUTES)}"
    else:
        try:
            saml.provider(given)
        except saml.ProviderUnusable as unusable:
            wrong = str(unusable)
    if not wrong:
        return [] if given["key"] else [_requests_are_not_signed()]
    return [
        Error(
            f"Single sign-on by SAML cannot be used: {wrong}.",
            hint="docs/settings.md says what each SNAKEWEB_SAML_ variable is; without any of them there is none.",
            id="snakeweb.E021",
        )
    ]


def _requests_are_not_signed() -> CheckMessage:
    """They pass through the browser, and an answer does not repeat what was asked."""
    return CheckWarning(
        "Requests to the provider of SAML are not signed: whoever sits at an open browser can take out of one that the "
        "provider has to ask again who it is, and then sign plans.",
        hint="Set SNAKEWEB_SAML_KEY_FILE and SNAKEWEB_SAML_KEY_CERTIFICATE, and have the provider take signed requests "
        "only; or silence this where it tells the true time of each sign-in (AuthnInstant).",
        id="snakeweb.W002",
    )


def _names_attributes(given: Any) -> bool:
    shaped = isinstance(given, dict) and all(isinstance(name, str) for name in given.values())
    return shaped and set(given) <= set(saml.ATTRIBUTES)


def custom_handlers_are_usable(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """A warning each, no error: a broken package of somebody else's keeps no command from running."""
    return [
        CheckWarning(
            f"The migration type “{refused.name}” of {refused.origin} is not used: {refused.reason}",
            hint="Mend or uninstall it, and start every process again. Everything else works as it did.",
            id="snakeweb.W001",
        )
        for refused in registry.custom().refused
    ]

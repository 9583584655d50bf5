import gc

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import Tags, register

from migrations_app.handlers import registry
from migrations_app.management.checks import (
    custom_handlers_are_usable,
    outgoing_networks_are_networks,
    rate_limits_are_limits,
    second_factor_roles_are_roles,
    secret_keys_are_given,
    sign_on_is_usable,
    sign_on_roles_are_roles,
)
from migrations_app.management.production import refuse_what_is_unsafe
from migrations_app.runtime.log_redaction import install_hooks, remember_configured
from migrations_app.runtime.settings import custom_handlers


class MigrationsAppConfig(AppConfig):
    name = "migrations_app"
    verbose_name = "Migrations of Snakepit deployments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        refuse_what_is_unsafe(settings)
        remember_configured(settings)
        install_hooks()
        register(secret_keys_are_given, Tags.security, deploy=True)
        register(custom_handlers_are_usable)
        register(outgoing_networks_are_networks)
        register(rate_limits_are_limits)
        register(second_factor_roles_are_roles)
        register(sign_on_is_usable)
        register(sign_on_roles_are_roles)
        registry.load(custom_handlers())
        gc.freeze()  # all this stays for as long as the process lives
        gc.enable()

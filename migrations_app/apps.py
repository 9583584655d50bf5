from django.apps import AppConfig
from django.core.checks import Tags, register

from migrations_app.management.checks import secret_keys_are_given


class MigrationsAppConfig(AppConfig):
    name = "migrations_app"
    verbose_name = "Migrations of Snakepit deployments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        register(secret_keys_are_given, Tags.security, deploy=True)

"""What every environment asked for becomes its first policy, in force; reviews under way are asked for it."""

from django.db import migrations
from django.utils import timezone


def fill(apps, schema_editor):
    made = {}
    for environment in apps.get_model("migrations_app", "Environment").objects.order_by("pk"):
        policy = apps.get_model("migrations_app", "Policy").objects.create(
            name=f"Plans in {environment.name}", environment=environment, created_at=environment.created_at
        )
        version = apps.get_model("migrations_app", "PolicyVersion").objects.create(
            policy=policy,
            number=1,
            state="active",
            with_environment=True,
            scope="named",
            proposed_at=environment.created_at,
        )
        version.environments.add(environment)
        if environment.required_approvals:
            apps.get_model("migrations_app", "PolicyRequirement").objects.create(
                version=version, role="approver", count=environment.required_approvals
            )
        made[environment.pk] = version
    for revision in apps.get_model("migrations_app", "PlanRevision").objects.iterator(chunk_size=200):
        options = revision.content.get("options", {})
        revision.approval_required = bool(options.get("approval_required", True))
        revision.zero_downtime = bool(options.get("zero_downtime", False))
        revision.irreversible = any(not step.get("reversible", True) for step in revision.content.get("steps", []))
        revision.save(update_fields=["approval_required", "zero_downtime", "irreversible"])
    under_review = apps.get_model("migrations_app", "Migration").objects.filter(review_state__in=["in_review", "approved"])
    apps.get_model("migrations_app", "AskedPolicy").objects.bulk_create(
        [
            apps.get_model("migrations_app", "AskedPolicy")(
                migration=migration,
                version=made[migration.environment_id],
                asked_at=migration.submitted_at or timezone.now(),
            )
            for migration in under_review.only("pk", "environment", "submitted_at")
        ]
    )


def empty(apps, schema_editor):
    """Each environment asks again for what its own policy asks for now; every other policy is gone."""
    versions = apps.get_model("migrations_app", "PolicyVersion").objects.filter(state="active")
    for version in versions.exclude(policy__environment=None).select_related("policy__environment"):
        environment = version.policy.environment
        environment.required_approvals = sum(version.requirements.values_list("count", flat=True))
        environment.save(update_fields=["required_approvals"])
    apps.get_model("migrations_app", "AskedPolicy").objects.all().delete()
    apps.get_model("migrations_app", "Policy").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("migrations_app", "0013_policies")]

    operations = [migrations.RunPython(fill, empty)]

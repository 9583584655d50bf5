from django.db import models


class Environment(models.Model):
    """dev, staging, production...; `position` orders them for promotion."""

    name = models.CharField(max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(unique=True)
    protected = models.BooleanField(default=False)
    break_glass_allowed = models.BooleanField(
        default=True, help_text="Whether operators may start a run against unmet conditions in an emergency."
    )
    description = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, db_default=1, help_text="Grows with each edit; its ETag.")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name

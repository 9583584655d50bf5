from django.db import models
from django.db.models import Q

from migrations_app.models.person import Person

NAME_LENGTH = 60
QUERY_LENGTH = 500


class SavedFilter(models.Model):
    """A person's own name for a view of a page: the list of migrations, or the audit trail. `query` is its
    query string.

    One that is deleted keeps its row for a while, so that deleting can be taken back.
    """

    MIGRATIONS, AUDIT = "migrations", "audit"
    PAGES = [(MIGRATIONS, "migrations"), (AUDIT, "audit trail")]

    person = models.ForeignKey(Person, models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=10, choices=PAGES, default=MIGRATIONS)
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.CharField(max_length=QUERY_LENGTH)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "page", "name"], condition=Q(deleted_at__isnull=True), name="saved_filter_name_once"
            ),
            models.UniqueConstraint(
                fields=["person", "page"],
                condition=Q(is_default=True, deleted_at__isnull=True),
                name="saved_filter_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name

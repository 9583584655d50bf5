from django.db import models

from migrations_app.models.person import Person
from migrations_app.models.run import Run
from migrations_app.models.written_file import WrittenFile


class ReportFile(WrittenFile):
    """The report of a run in one form. `reached` of `through` are events that were read; JSON reads them twice."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="report_files")
    run = models.ForeignKey(Run, models.CASCADE, related_name="report_files")
    form = models.CharField(max_length=8)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "writing", "ready", "failed", "removed"]),
                name="report_file_state",
            )
        ]

    def __str__(self) -> str:
        return f"report {self.pk} of {self.run}: {self.state}"

    @property
    def folder(self) -> str:
        return f"report-files/{self.pk}"

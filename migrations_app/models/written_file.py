from django.db import models


class WrittenFile(models.Model):
    """A file that a worker writes for the one person who asked for it; it lies in the artifact store under `key`.

    `attempt` tells workers apart: whoever moved it on writes, and `alive_at` is when they last were seen to.
    """

    WAITING, WRITING, READY, FAILED, REMOVED = "waiting", "writing", "ready", "failed", "removed"
    STATES = [(state, state) for state in (WAITING, WRITING, READY, FAILED, REMOVED)]
    UNDER_WAY = (WAITING, WRITING)

    asked_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=STATES, default=WAITING)
    attempt = models.PositiveIntegerField(default=0)
    reached = models.PositiveBigIntegerField(default=0)
    through = models.PositiveBigIntegerField()
    alive_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        abstract = True

    @property
    def key(self) -> str:
        return f"{self.folder}/{self.attempt}"

    @property
    def folder(self) -> str:
        """Of all attempts."""
        raise NotImplementedError

from django.db import models


class RepeatedDenial(models.Model):
    """What a known person was refused at a door, and that was written to the trail at `since`.

    `repeated` counts the same since then, the last at `last_at`, of which no entry says anything yet. `what` is a
    digest of who, through which token, at which door, of which path, and why (`services/denials.py`); the other columns
    are those of the entry that tells the count.
    """

    what = models.CharField(max_length=64, primary_key=True)
    since = models.DateTimeField(db_index=True)
    repeated = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    on_behalf_of = models.CharField(max_length=150, blank=True)
    token_number = models.PositiveBigIntegerField(null=True)
    address = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    door = models.CharField(max_length=40)
    object_id = models.CharField(max_length=40, blank=True)
    environment = models.CharField(max_length=80, blank=True)
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.actor} at {self.door} {self.object_id}: {self.repeated} more"

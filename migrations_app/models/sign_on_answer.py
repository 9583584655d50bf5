from django.db import models


class SignOnAnswer(models.Model):
    """An assertion of the provider that was found to hold, once: on its way from the post of another site to a page of
    ours that knows the browser's session.

    `handle_hash` and `assertion` are digests: of what the browser brings, and of issuer and id. `request` is the id
    that some browser's session holds. `identity` is emptied when it is taken, or by the next answer when it no longer
    can be; the row stays until `forget_at`, when the assertion has ended by itself.
    """

    handle_hash = models.CharField(max_length=64, unique=True)
    assertion = models.CharField(max_length=64)
    request = models.CharField(max_length=200)
    identity = models.JSONField(default=dict)
    authenticated_at = models.DateTimeField()
    kept_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    forget_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["assertion"], name="sign_on_answer_once")]

    def __str__(self) -> str:
        return f"answer to {self.request}"

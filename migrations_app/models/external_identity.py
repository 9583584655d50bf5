from django.db import models

from migrations_app.models.person import Person


class ExternalIdentity(models.Model):
    """Who a person is at the provider of the single sign-on: its issuer and the subject that it never gives to others.

    `second_factor`: whether the provider said so at the newest sign-in. It counts for people without a password here.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="external_identities")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    second_factor = models.BooleanField(default=False)
    linked_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_once"),
            models.UniqueConstraint(fields=["issuer", "person"], name="external_identity_one_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.issuer}"

"""Django admin: people, groups and grants can be managed; the audit trail and the rest can only be read.

It is one more door and no way around the others: it asks the same permission table, grants go through their
service, and every change is written to the audit trail.
"""

import json
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from migrations_app.models import AuditEntry, Environment, Migration, Person, PolicyVersion, RoleGrant, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.audit_sentences import sentence
from migrations_app.selectors.reviews import recently_present
from migrations_app.services import audit, grants, people
from migrations_app.services.errors import Refused
from migrations_app.services.operation import record_refusal
from migrations_app.services.permissions import Permission, access_of

if TYPE_CHECKING:  # the classes take a parameter for the type checker only
    AnyModelAdmin = admin.ModelAdmin[Any]
    PersonAdminBase = UserAdmin[Person]
else:
    AnyModelAdmin = admin.ModelAdmin
    PersonAdminBase = UserAdmin

admin.site.site_header = "Snakeweb administration"
admin.site.site_title = "Snakeweb"
admin.site.index_title = "People and records"
admin.site.unregister((Group, Authenticator, EmailAddress, UserSession))  # the latter hold secrets, and ask no table


def actor_of(request: HttpRequest) -> Actor:
    """The middleware's actor when there is one, so that address and request id agree with the other doors."""
    found = getattr(request, "actor", None)
    if isinstance(found, Actor):
        return found
    person = request.user
    return Actor(person_id=person.pk, username=person.get_username(), address=request.META.get("REMOTE_ADDR", ""))


class Asking(AnyModelAdmin):
    """Asks the permission table: `seen_with` to look, `changed_with` (None: nobody) to change."""

    seen_with = Permission.MANAGE_PEOPLE
    changed_with: Permission | None = None

    def _may(self, request: HttpRequest, permission: Permission | None) -> bool:
        if permission is None or not request.user.is_active or not request.user.is_staff:
            return False
        return access_of(actor_of(request)).can(permission, None)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.seen_with)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.seen_with)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.changed_with)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.changed_with)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._may(request, self.changed_with)


@admin.register(AuditEntry)
class AuditBrowser(Asking):
    """The audit trail; append-only by database triggers, and read-only here."""

    seen_with = Permission.READ_AUDIT
    list_display = ("seq", "at", "outcome", "said", "environment", "request_id")
    list_filter = ("outcome", "action", "environment", "object_type")
    search_fields = ("actor", "action", "object_id", "request_id")
    date_hierarchy = "at"
    fields = ("seq", "at", "said", "outcome", "environment", "content", "hash", "previous")
    readonly_fields = ("said", "content")
    ordering = ("-seq",)
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description="entry")
    def said(self, entry: AuditEntry) -> str:
        return sentence(json.loads(bytes(entry.body)))

    @admin.display(description="stored content")
    def content(self, entry: AuditEntry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(json.loads(bytes(entry.body)), indent=2, ensure_ascii=False))


@admin.register(Environment)
class EnvironmentBrowser(Asking):
    list_display = ("name", "position", "protected")


@admin.register(PolicyVersion)
class PolicyBrowser(Asking):
    """Changed on the page of the policies only: one admin proposes, another confirms."""

    list_display = ("policy", "number", "state", "proposed_by", "confirmed_by", "confirmed_at")
    list_filter = ("state",)
    list_select_related = ("policy", "proposed_by", "confirmed_by")


@admin.register(Target)
class TargetBrowser(Asking):
    """Credentials are rows of their own and are shown nowhere."""

    list_display = ("name", "environment", "kind", "version", "archived_at")
    list_filter = ("environment", "kind")
    search_fields = ("name",)


@admin.register(Migration)
class MigrationBrowser(Asking):
    list_display = ("title", "environment", "type", "status", "review_state", "created_by", "created_at")
    list_filter = ("environment", "status", "review_state")
    search_fields = ("title",)


@admin.register(Run)
class RunBrowser(Asking):
    list_display = ("pk", "migration", "kind", "state", "started_by", "created_at", "ended_at")
    list_filter = ("kind", "state")


@admin.register(Person)
class PersonAdmin(Asking, PersonAdminBase):
    """Accounts. What somebody may do in Snakeweb comes from role grants; `staff` opens this site only."""

    changed_with = Permission.MANAGE_PEOPLE
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    filter_horizontal = ("groups",)

    def get_readonly_fields(self, request: HttpRequest, obj: Person | None = None) -> tuple[str, ...]:
        """Only superusers make superusers and staff; nobody changes their own groups, because groups carry roles."""
        fields = ["last_login", "date_joined"]
        if not request.user.is_superuser:
            fields += ["is_superuser", "is_staff"]
        if obj is not None and obj.pk == request.user.pk:
            fields.append("groups")
        return tuple(fields)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A superuser's account is changed by superusers only: a new password would be a way to become one."""
        if isinstance(obj, Person) and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **named: Any) -> Any:
        return self._asked(request, object_id) or super().changeform_view(request, object_id, *args, **named)

    def user_change_password(self, request: HttpRequest, id: str, *args: Any) -> HttpResponse:  # noqa: A002
        return self._asked(request, id) or super().user_change_password(request, id, *args)

    def _asked(self, request: HttpRequest, object_id: str | None) -> HttpResponse | None:
        """Of one's own account, as where else a way in is changed (`web/ways_in.py`): who it is, if not just shown.

        Nothing that was typed is kept meanwhile: it may be a password. Somebody else's decides nothing for a day.
        """
        found = self.get_object(request, unquote(object_id)) if object_id else None
        if found != request.user or recently_present(actor_of(request), timezone.now()):
            return None
        if request.method == "POST":
            messages.error(request, "Show that it is you, then type it again; nothing was changed.")
            return HttpResponseRedirect(request.path)
        raise ReauthenticationRequired

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """People are made inactive instead: what they did keeps naming them."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Person | None:
        found = super().get_object(request, object_id, from_field)
        request.person_before = people.facts(found) if found else None  # type: ignore[attr-defined]
        request.password_before = found.password if found else None  # type: ignore[attr-defined]
        return found

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        actor, now = actor_of(request), timezone.now()
        people.record_change(actor=actor, now=now, action="person.create", person=obj)
        people.note_what_was_given(actor=actor, now=now, person=obj, before=None, password="")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        before = getattr(request, "person_before", None)
        reason = message if isinstance(message, str) else ""
        actor, now = actor_of(request), timezone.now()
        people.record_change(actor=actor, now=now, action="person.edit", person=obj, before=before, reason=reason)
        if obj.pk != request.user.pk:
            password = getattr(request, "password_before", obj.password)
            people.note_what_was_given(actor=actor, now=now, person=obj, before=before, password=password)
            people.end_what_changed(actor=actor, now=now, person=obj, before=before or {}, password=password)
        return super().log_change(request, obj, message)


@admin.register(Group)
class GroupAdmin(Asking):
    """Membership only; what a group's members may do comes from its grants."""

    changed_with = Permission.MANAGE_PEOPLE
    fields = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A group goes once its grants have been revoked, so that no role vanishes unseen."""
        if isinstance(obj, Group) and RoleGrant.objects.filter(group=obj).exists():
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, "group.create", obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, "group.edit", obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for group in queryset:
            self._record(request, "group.delete", group)
        return super().log_deletions(request, queryset)

    def _record(self, request: HttpRequest, action: str, group: Group) -> None:
        audit.record(
            actor=actor_of(request),
            now=timezone.now(),
            action=action,
            object_type="group",
            object_id=group.pk,
            after={"name": group.name},
        )


@admin.register(RoleGrant)
class GrantAdmin(Asking):
    """Made and revoked through the service, always recorded; what one gives oneself signs nothing for a day."""

    changed_with = Permission.MANAGE_PEOPLE
    list_display = ("holder", "role", "where", "granted_by", "granted_at")
    list_filter = ("role", "environment")
    fields = ("person", "group", "role", "environment")

    @admin.display(description="holder")
    def holder(self, grant: RoleGrant) -> str:
        return str(grant.person or f"group {grant.group}")

    @admin.display(description="environment")
    def where(self, grant: RoleGrant) -> str:
        return str(grant.environment or "every environment")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A grant is revoked and made anew, never bent."""
        return False

    def save_model(self, request: HttpRequest, obj: RoleGrant, form: "ModelForm[RoleGrant]", change: bool) -> None:
        obj.pk = grants.grant(
            actor=actor_of(request),
            now=timezone.now(),
            role=obj.role,
            person_id=obj.person_id,
            group_id=obj.group_id,
            environment_id=obj.environment_id,
        )

    def delete_model(self, request: HttpRequest, obj: RoleGrant) -> None:
        grants.revoke(actor=actor_of(request), now=timezone.now(), grant_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RoleGrant]) -> None:
        for grant in queryset:
            self.delete_model(request, grant)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A refusal of the service becomes a message; its entry is written again after the admin's rollback."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refused:
            given = {"actor": actor_of(request), "now": timezone.now()}
            record_refusal("grant.create", about="grant", given=given, refused=refused)
            self.message_user(request, f"{refused.message} {refused.fix}", messages.ERROR)
            return HttpResponseRedirect(request.path)

"""The frame around every page: navigation, inbox count, state of the audit chain, maintenance banner."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from migrations_app.runtime import settings
from migrations_app.selectors.audit_chain import ChainStatus
from migrations_app.selectors.shell import Shell, shell
from migrations_app.web.requests import PageRequest


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str
    current: bool
    count: int = 0
    starts_group: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """`ok` is None before the first proof."""

    ok: bool | None
    head: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Frame:
    reader: Shell
    nav: tuple[NavItem, ...]
    settings_tabs: tuple[NavItem, ...]
    chain: Chain | None
    maintenance: bool


def frame(request: HttpRequest) -> dict[str, object]:
    """Context processor. Nothing is read before a template asks for it, so error and login pages cost nothing."""
    return {"shell": SimpleLazyObject(lambda: _frame(cast("PageRequest", request)))}


def _frame(request: PageRequest) -> Frame:
    reader = shell(actor=request.actor)
    return Frame(
        reader=reader,
        nav=navigation(request, reader),
        settings_tabs=settings_tabs(request, reader),
        chain=_chain(reader.chain) if reader.chain else None,
        maintenance=not settings.current().enabled,
    )


def _chain(status: ChainStatus) -> Chain:
    if status.verified_at is None:
        return Chain(None, status.head, None)
    return Chain(status.ok, status.head, status.verified_at)


def navigation(request: PageRequest, reader: Shell) -> tuple[NavItem, ...]:
    here = request.resolver_match.url_name if request.resolver_match else ""

    def item(label: str, name: str, icon: str, *, prefix: str, count: int = 0, starts_group: bool = False) -> NavItem:
        return NavItem(label, reverse(name), icon, (here or "").startswith(prefix), count, starts_group)

    items = [
        item("Home", "home", "home", prefix="home"),
        item("Inbox", "inbox", "inbox", prefix="inbox", count=reader.inbox),
        item("Migrations", "migration_list", "document-text", prefix="migration"),
        item("Runs", "run_list", "play", prefix="run"),
        item("Calendar", "calendar", "calendar-days", prefix="calendar"),
        item("Trends", "trends", "chart-bar", prefix="trends"),
        item("Targets", "target_list", "circle-stack", prefix="target", starts_group=True),
        item("Environments", "environment_list", "square-3-stack-3d", prefix="environment"),
        item("Policies", "policy_list", "scale", prefix="policy"),
    ]
    if reader.can_read_audit:
        items.append(item("Audit", "audit", "bookmark-square", prefix="audit"))
    own = any(tab.current for tab in settings_tabs(request, reader))  # some of its tabs are allauth's pages
    items.append(NavItem("Settings", reverse("settings"), "cog-6-tooth", own or here == "settings"))
    if getattr(request.user, "is_staff", False):
        items.append(NavItem("Admin", reverse("admin:index"), "wrench-screwdriver", False))
    return tuple(items)


def settings_tabs(request: PageRequest, reader: Shell) -> tuple[NavItem, ...]:
    tabs = [
        ("Account", "settings"),
        ("API tokens", "settings_tokens"),
        ("Password", "account_change_password"),
        ("Second factor", "mfa_index"),
        ("Sessions", "settings_sessions"),
        ("E-mail", "account_email"),
    ]
    if reader.can_manage_people:
        tabs.append(("People", "people"))
    if reader.can_manage_secrets:
        tabs.append(("Secrets", "secret_list"))
    if reader.can_manage_webhooks:
        tabs.append(("Webhooks", "webhook_list"))
    if reader.sees_something:
        tabs.append(("Alerts", "alert_list"))
    return tuple(_tab(request, label, reverse(name)) for label, name in tabs)


def _tab(request: PageRequest, label: str, url: str) -> NavItem:
    """`People` is current on the page of one person too; `Account` stands above all others, so only on itself."""
    above = url != reverse("settings") and request.path.startswith(url)
    return NavItem(label, url, "", above or request.path == url)

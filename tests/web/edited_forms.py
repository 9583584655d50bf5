"""Forms of edits with something to change in each, and what their pages say of two who had one open."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpResponse

from migrations_app.services import alert_channels, alerts, targets, webhooks, windows
from migrations_app.services.actor import Actor
from migrations_app.services.alerts import RuleWish
from tests.stores_on_disk import Stage

Wish = dict[str, str | list[str]]


@dataclass(frozen=True)
class Case:
    """Both change the same thing of a form, and the other one something else too."""

    path: str
    theirs: Wish
    mine: Wish
    labels: tuple[str, str]


def cases(stage: Stage, admin: Actor) -> dict[str, Case]:
    place, make = stage.environment.pk, {"actor": admin, "now": datetime.now(UTC)}
    first = datetime.fromisoformat("2098-01-02T02:00")
    window = windows.create(**make, environment_id=place, name="nights", zone="UTC", first=first, minutes=60)
    channel = alert_channels.create(**make, name="mail", kind="mail", address="ops@example.org")
    rule = alerts.create_rule(**make, wish=RuleWish(name="failures", cause="run_failed", channels=[channel]))
    hook = webhooks.create(**make, name="hook", address="https://127.0.0.1:1/", kinds=["run.failed"]).id
    config = {"store": "redis", "host": "cache.internal"}
    target = targets.create(**make, environment_id=place, name="cache", kind="session_store", config=config)
    name = ({"name": "Theirs"}, {"name": "Mine"})
    return {
        "window": Case(f"/windows/{window}/edit/", name[0] | {"minutes": "90"}, name[1], ("Name", "Minutes")),
        "rule": Case(
            f"/settings/alerts/rules/{rule}/",
            name[0] | {"quiet_from": "21:30", "quiet_to": "06:30"},
            name[1],
            ("Name", "Quiet to"),
        ),
        "webhook": Case(
            f"/settings/webhooks/{hook}/", name[0] | {"kinds": ["run.stuck"]}, name[1], ("Name", "Kinds of messages")
        ),
        "target": Case(
            f"/targets/{target}/edit/",
            {"config.host": "Theirs", "config.port": "6390"},
            {"config.host": "Mine"},
            ("Host", "Port"),
        ),
        "environment": Case(
            f"/environments/{place}/edit/",
            {"description": "Theirs", "break_glass_allowed": []},
            {"description": "Mine"},
            ("Description", "Break-glass"),
        ),
        "keeping": Case(
            f"/migrations/{stage.migration().pk}/keeping/",
            {"ticket": "Theirs", "owner": "admin"},
            {"ticket": "Mine"},
            ("Ticket", "Owner"),
        ),
    }


def rows(answer: HttpResponse) -> dict[str, tuple[str, list[str]]]:
    """By label: what the page says of who changed it, and the texts of its columns."""
    found = {}
    table = re.search(r'<table class="compared">.*?</table>', answer.content.decode(), re.DOTALL)
    for row in re.findall(r'<tr class="is-(\w+)">(.*?)</tr>', table[0] if table else "", re.DOTALL):
        texts = [
            html.unescape(re.sub(r"<[^>]*>", "  ", cell)).strip()
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row[1], re.DOTALL)
        ]
        found[texts[0].split("  ")[0]] = (row[0], texts[1:])
    return found


def typed_in(form: dict[str, list[str]]) -> dict[str, object]:
    """Without what is another in each page."""
    return {name: values for name, values in form.items() if name not in ("opened", "csrfmiddlewaretoken")}

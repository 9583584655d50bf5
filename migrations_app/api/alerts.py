"""Alert rules, their channels, and the alerts themselves."""

from datetime import time
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, Paging, ShortPaging, page, whole
from migrations_app.api.webhooks import Tested
from migrations_app.engine.alerts import DEFAULT_TEMPLATE
from migrations_app.selectors import alerts as reads
from migrations_app.selectors.alerts import AlertRow, ChannelRow, RuleRow
from migrations_app.services import alert_channels, alerts
from migrations_app.services.alerts import RuleWish

rules = Router(tags=["alerts"])
channels = Router(tags=["alerts"])
router = Router(tags=["alerts"])


class Which(ShortPaging):
    archived: bool = False


class WhichAlerts(Paging):
    """`past`: closed ones too."""

    past: bool = False


class Rule(Input):
    """`limit` is in the unit of the cause; left out, its default. `template` may say {text}, {link} and others.

    Quiet hours are local times of `zone`, both or neither. `channels` are ids. `followers` is of the cause `run_ended`,
    whose reports go to whoever started the run, and owns or watches its migration, as well.
    """

    name: str
    cause: str
    limit: int | None = None
    template: str = DEFAULT_TEMPLATE
    channels: list[int] = []
    zone: str = "UTC"
    quiet_from: time | None = None
    quiet_to: time | None = None
    repeat_minutes: int = 60
    escalate_minutes: int | None = None
    escalation_channels: list[int] = []
    followers: bool = False
    enabled: bool = True


class NewRule(Rule):
    """Without `environment_id` it is of every environment."""

    environment_id: int | None = None


class RuleChange(Input):
    """`rule`, where it is given, is the whole rule as it shall be."""

    rule: Rule | None = None
    archived: bool | None = None


class NewChannel(Input):
    """`kind` is mail, apprise or webhook; the first two take an `address`, the third a `webhook_id`."""

    name: str
    kind: str
    address: str = ""
    webhook_id: int | None = None


class ChannelChange(Input):
    """What is left out stays."""

    name: str | None = None
    address: str | None = None
    archived: bool | None = None


@rules.get("", response=Page[RuleRow])
def list_alert_rules(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_rules(actor=request.auth, archived=which.archived), which)


@rules.post("", response={201: RuleRow})
def create_alert_rule(request: ApiRequest, body: NewRule) -> Any:
    made = alerts.create_rule(actor=request.auth, now=now(), wish=RuleWish(**body.model_dump()))
    return Status(201, reads.rule_row(actor=request.auth, alert_rule_id=made))


@rules.get("/{int:alert_rule_id}", response=RuleRow)
def get_alert_rule(request: ApiRequest, response: HttpResponse, alert_rule_id: int) -> Any:
    return tagged(response, reads.rule_row(actor=request.auth, alert_rule_id=alert_rule_id))


@rules.patch("/{int:alert_rule_id}", response=RuleRow)
def change_alert_rule(request: ApiRequest, response: HttpResponse, alert_rule_id: int, body: RuleChange) -> Any:
    wish = RuleWish(**body.rule.model_dump()) if body.rule else None
    alerts.edit_rule(
        actor=request.auth,
        now=now(),
        alert_rule_id=alert_rule_id,
        wish=wish,
        archived=body.archived,
        seen=versions_seen(request),
    )
    return tagged(response, reads.rule_row(actor=request.auth, alert_rule_id=alert_rule_id))


@rules.post("/{int:alert_rule_id}/test", response={202: None})
def test_alert_rule(request: ApiRequest, alert_rule_id: int) -> Any:
    """Sends a test through the rule's channels."""
    alerts.test_rule(actor=request.auth, now=now(), alert_rule_id=alert_rule_id)
    return Status(202, None)


@channels.get("", response=Page[ChannelRow])
def list_alert_channels(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_channels(actor=request.auth, archived=which.archived), which)


@channels.post("", response={201: ChannelRow})
def create_alert_channel(request: ApiRequest, body: NewChannel) -> Any:
    made = alert_channels.create(actor=request.auth, now=now(), **body.model_dump())
    return Status(201, reads.channel_row(actor=request.auth, alert_channel_id=made))


@channels.get("/{int:alert_channel_id}", response=ChannelRow)
def get_alert_channel(request: ApiRequest, response: HttpResponse, alert_channel_id: int) -> Any:
    return tagged(response, reads.channel_row(actor=request.auth, alert_channel_id=alert_channel_id))


@channels.patch("/{int:alert_channel_id}", response=ChannelRow)
def change_alert_channel(
    request: ApiRequest, response: HttpResponse, alert_channel_id: int, body: ChannelChange
) -> Any:
    changes = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    alert_channels.edit(actor=request.auth, now=now(), alert_channel_id=alert_channel_id, **changes)
    return tagged(response, reads.channel_row(actor=request.auth, alert_channel_id=alert_channel_id))


@channels.post("/{int:alert_channel_id}/test", response=Tested)
def test_alert_channel(request: ApiRequest, alert_channel_id: int) -> Any:
    """Sends a test at once, and says what came of it."""
    done = alerts.test_channel(actor=request.auth, now=now(), alert_channel_id=alert_channel_id)
    return {"arrived": done.arrived, "status": done.status, "milliseconds": done.milliseconds, "said": done.said}


@router.get("", response=Page[AlertRow])
def list_alerts(request: ApiRequest, which: Query[WhichAlerts]) -> Any:
    return page(reads.list_alerts(actor=request.auth, **which.model_dump()))


@router.post("/{int:alert_id}/acknowledge", response={204: None})
def acknowledge_alert(request: ApiRequest, alert_id: int) -> Any:
    alerts.acknowledge(actor=request.auth, now=now(), alert_id=alert_id)
    return Status(204, None)

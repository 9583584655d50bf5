from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils.http import urlencode

from migrations_app.selectors.audit_filters import AuditFilters
from migrations_app.selectors.audit_presets import audit_presets
from migrations_app.web.audit_asked import LABELS, TEXTS, WITHIN, asked_for

NOW = datetime(2026, 3, 1, 12, 34, 56, 789, tzinfo=UTC)


def asked(query: str):
    return asked_for(QueryDict(query), NOW)


def test_an_address_keeps_what_means_something_and_drops_the_rest():
    found = asked("q=++olga+&actor=&outcome=denied&cursor=7&entry=3&nonsense=1&since=never&within=2y")

    assert found.values == {"q": "olga", "outcome": "denied"}
    assert found.filters == AuditFilters(q="olga", outcome="denied")
    assert (found.query, found.url(cursor="9")) == ("q=olga&outcome=denied", "/audit/?q=olga&outcome=denied&cursor=9")
    assert [(one.label, one.without) for one in found.chosen] == [
        ("text", "/audit/?outcome=denied"),
        ("outcome", "/audit/?q=olga"),
    ]


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("since=2026-02-27&until=2026-02-28", datetime(2026, 2, 27, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        ("since=2026-02-27T10:00", datetime(2026, 2, 27, 10, tzinfo=UTC), None),
        ("until=9999-12-31", None, datetime(9999, 12, 31, tzinfo=UTC)),
        ("until=2026-02-30", None, None),
        ("within=1h&since=2020-01-01", datetime(2026, 3, 1, 11, 30, tzinfo=UTC), None),
    ],
)
def test_times(query, since, until):
    filters = asked(query).filters
    assert (filters.since, filters.until) == (since, until)


def test_counting_back_is_the_same_filter_for_a_quarter_of_an_hour():
    for within in WITHIN:
        query = QueryDict(f"within={within}")
        assert asked_for(query, NOW).filters == asked_for(query, NOW + timedelta(minutes=10)).filters
        assert asked_for(query, NOW).filters != asked_for(query, NOW + timedelta(minutes=11)).filters


def test_every_field_has_a_label_and_is_a_filter():
    for name in TEXTS:
        found = asked(urlencode({name: "x" * 300}))
        assert getattr(found.filters, name) == "x" * 100
        assert found.chosen[0].label == LABELS[name]


@pytest.mark.django_db
def test_every_preset_is_an_address_of_the_page(auditor):
    for one in audit_presets(actor=auditor):
        assert asked(urlencode(one.filters)).values == one.filters

import pytest

from migrations_app.selectors.audit_sentences import sentence


def body(**changes):
    given = {
        "actor": "olga",
        "on_behalf_of": "",
        "action": "migration.edit",
        "object": {"type": "migration", "id": "7"},
        "environment": "staging",
        "outcome": "allowed",
        "before": None,
        "after": {"title": "Move sessions"},
    }
    return {**given, **changes}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "olga edited migration “Move sessions” in staging"),
        ({"after": None}, "olga edited migration 7 in staging"),
        ({"on_behalf_of": "ci"}, "olga (for ci) edited migration “Move sessions” in staging"),
        (
            {"outcome": "denied", "after": None},
            "olga was refused: edit migration 7 in staging",
        ),
        (
            {
                "outcome": "denied",
                "action": "api.call",
                "object": {"type": "api", "id": "/x"},
                "environment": "",
                "after": {"times_more": 57},
            },
            "olga was refused 57 more times: call api /x",
        ),
        (
            {"action": "target.test", "object": {"type": "target", "id": "3"}, "outcome": "failed", "after": None},
            "olga tested the connection of target 3 in staging without success",
        ),
        (
            {"action": "waiver.give", "outcome": "denied", "after": None},
            "olga was refused: waiver give migration 7 in staging",
        ),
        (
            {"action": "moon.land", "object": {"type": "moon", "id": "1"}, "environment": "", "after": None},
            "olga: land moon 1",
        ),
        (
            {
                "action": "grant.revoke",
                "object": {"type": "grant", "id": "1"},
                "environment": "",
                "after": None,
                "before": {"holder": "anna"},
            },
            "olga took away grant “anna”",
        ),
    ],
)
def test_sentences(changes, said):
    assert sentence(body(**changes)) == said

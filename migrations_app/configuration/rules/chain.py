"""All rules in the order of their releases, and the way between any two of them."""

from migrations_app.configuration.rules import adapters, forms, kept, listener, newer, notices, pools, removed
from migrations_app.configuration.rules.rule import Rule
from migrations_app.snakepit.versions import Version

# Within a release: as listed. The list of one comes last: what stands in `pool_config` is settled by then.
CHAIN: tuple[Rule, ...] = tuple(
    sorted(
        (
            *forms.RULES,
            *adapters.RULES,
            *removed.RULES,
            *pools.RULES,
            *newer.RULES,
            *listener.RULES,
            *notices.RULES,
            *kept.RULES,
            *pools.LIST_OF_ONE,
        ),
        key=lambda rule: rule.at,
    )
)


def way(origin: Version, to: Version) -> tuple[Rule, ...]:
    """The rules between two releases in the order of the way: upwards as they came, downwards the last one first."""
    found = tuple(rule for rule in CHAIN if rule.lies_between(origin, to))
    return found if origin <= to else found[::-1]

"""Which test processes take which tests, when there are several of them.

A file's tests stay in one process: some tell one story, and share what it is told with. Whole installations (several
processes at work at once) go one after the other in the process that begins with them: two at a time would measure
each other, and what is timed in them would be the machine.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

WHOLE_INSTALLATIONS = frozenset(
    f"tests/{name}.py"
    for name in (
        "browser/test_configuration",
        "browser/test_controls",
        "browser/test_hand_over",
        "browser/test_journey",
        "browser/test_node",
        "browser/test_upgrade",
        "cli/test_journey",
        "demo/test_demo",
        "demo/test_installation",
        "deployment/test_backup",
        "deployment/test_compose",
        "faults/test_delivery",
        "faults/test_killed_worker",
        "faults/test_node_held",
        "faults/test_partitions",
        "faults/test_rehearsal",
        "faults/test_schedules",
        "faults/zero_downtime/test_selection",
        "monitoring/test_traces",
        "packaging/test_wheel",
    )
)


class Together(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "whole installations" if file in WHOLE_INSTALLATIONS else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    config.option.loadscopereorder = False  # as collected: by itself it begins with whatever has the most tests
    return Together(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in WHOLE_INSTALLATIONS)

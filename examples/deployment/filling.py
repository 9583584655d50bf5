"""The sessions that are there before anybody thinks of a migration, written the way the service always wrote them."""

import time
from collections.abc import Mapping
from typing import Any

import redis

from examples.deployment.sessions import BUSY, LIFETIME_MS, QUIET, busy_id, quiet_id, value

PIPELINED = 500


def fill(config: Mapping[str, Any], secrets: Mapping[str, str]) -> int:
    """Returns how many sessions were written. Their deadlines are spread over six hours, beginning in one."""
    now = time.time_ns() // 1_000_000
    ids = [
        (named(number), number / count)
        for named, count in ((quiet_id, QUIET), (busy_id, BUSY))
        for number in range(count)
    ]
    address = {"host": config["host"], "port": config["port"], "db": config.get("db", 0)}
    with redis.Redis(**address, password=secrets.get("password")) as store:
        for start in range(0, len(ids), PIPELINED):
            pipeline = store.pipeline(transaction=False)
            for session_id, share in ids[start : start + PIPELINED]:
                deadline = now + 3_600_000 + round(LIFETIME_MS * share)
                pipeline.set(config["prefix"] + session_id, value(session_id, 0), pxat=deadline)
            pipeline.execute()
    return len(ids)

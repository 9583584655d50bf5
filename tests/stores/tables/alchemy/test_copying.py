"""A predecessor that froze in a chunk is ended by its successor."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from migrations_app.engine.errors import LeaseLost
from tests.stores.tables.orders import WORKER

pytestmark = pytest.mark.servers


def test_the_fence_of_one_that_does_not_let_go_is_taken_over(mariadb):
    with mariadb.open() as frozen, mariadb.open() as successor:
        frozen.raise_worker_fence(WORKER)
        with pytest.raises(OperationalError, match=r"2006|2013"), frozen._fenced(WORKER):
            successor.raise_worker_fence(replace(WORKER, token=WORKER.token + 1))
        with pytest.raises(LeaseLost):
            frozen.stand("run:7:copy:x:0", WORKER)

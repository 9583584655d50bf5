"""What a view of a pool answers."""

from migrations_app.pools.base import PoolMissing, PoolStatistics, PoolView, Worker

STATISTICS = PoolStatistics(3, 1, 2, 0, 10, 0, 0, 0)


def test_those_serve_that_are_ready_and_not_held():
    workers = (Worker("a", True, False, 0), Worker("b", True, True, 0), Worker("c", False, False, 0))
    view = PoolView(STATISTICS, workers, 3)
    assert view.serving == 1
    assert view.worker("b") == workers[1]
    assert view.worker("d") is None


def test_where_the_node_does_not_say_it_of_each_the_whole_pools_requests_count():
    view = PoolView(STATISTICS, (), None)
    assert view.requests_of(Worker("a", True, False, None)) == 2
    assert view.requests_of(Worker("a", True, False, 1)) == 1


def test_a_missing_pool_names_field_and_fix():
    missing = PoolMissing("There is none.", field="config.pool", fix="Correct it.")
    assert [(problem.field, problem.fix) for problem in missing.problems] == [("config.pool", "Correct it.")]
    assert missing.recovery_actions == ("Correct it.",)

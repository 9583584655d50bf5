from migrations_app.routing.forks import renew_after_fork
from tests.routing.children import in_a_child


class Thing:
    forks = 0

    def after_fork(self):
        self.forks += 1


def test_a_child_begins_anew_and_the_parent_does_not():
    thing = Thing()
    renew_after_fork(thing)

    assert in_a_child(lambda: thing.forks == 1)
    assert in_a_child(lambda: thing.forks == 1)
    assert thing.forks == 0

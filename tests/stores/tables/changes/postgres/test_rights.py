import pytest

from tests.stores.tables.changes.contract import FEW
from tests.stores.tables.changes.places import WORKER

pytestmark = pytest.mark.servers
ROLES = ("clerk", "boss", "group_of_clerks")
GRANTS = (
    "GRANT USAGE ON SCHEMA shop TO clerk, boss, group_of_clerks",
    "GRANT SELECT, INSERT, DELETE ON {items} TO clerk",
    "GRANT UPDATE (note) ON {items} TO clerk",
    "GRANT ALL ON {items}, {parts} TO boss WITH GRANT OPTION",
)


@pytest.fixture
def staffed(place):
    with place.writer() as writer:
        for role in ROLES:
            writer.run(f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    place.run(*GRANTS)
    yield place
    place.run(*(f"DROP OWNED BY {role}" for role in ROLES))


def privileges(place):
    with place.writer() as writer:
        return writer.rows(
            "SELECT c.relname, '' AS attname, a.* FROM pg_class c, "
            "aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.relnamespace = 'shop'::regnamespace "
            "UNION SELECT c.relname, t.attname, a.* FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, "
            "aclexplode(t.attacl) a WHERE c.relnamespace = 'shop'::regnamespace ORDER BY 1, 2, 3, 4, 5, 6"
        )


def test_they_may_not_write_meanwhile_and_have_everything_back_exactly(staffed):
    before = privileges(staffed)
    with staffed.installed() as log, staffed.writer() as clerk:
        log.revoke(["clerk", "boss"], 60_000, WORKER)
        clerk.run("SET ROLE clerk")
        for write in ("INSERT INTO {items} VALUES (1, 'a', '')", "UPDATE {items} SET note = ''", "DELETE FROM {items}"):
            assert "permission denied" in clerk.refused(write)
        assert clerk.rows("SELECT * FROM {items}") == []
        assert log.give_back(None, overdue=True) == 0
        assert log.give_back(WORKER) > 0
        assert log.give_back(WORKER) == 0
        clerk.run("INSERT INTO {items} VALUES (1, 'a', '')")
        clerk.run("UPDATE {items} SET note = ''")

        assert privileges(staffed) == before


def test_a_worker_that_dies_leaves_written_down_what_is_to_be_given_back(staffed):
    before = privileges(staffed)
    with staffed.installed() as log:
        log.revoke(["clerk"], 1, WORKER)
        log.revoke(["clerk"], 1, WORKER)
    with staffed.log() as anybody:
        staffed.wait(lambda: anybody.give_back(None, overdue=True) > 0)

    assert privileges(staffed) == before


def test_removing_the_log_gives_back_too(staffed):
    before = privileges(staffed)
    with staffed.installed() as log:
        log.revoke(["clerk", "boss"], 60_000, WORKER)
        log.remove(WORKER, FEW)

    assert privileges(staffed) == before


def test_whoever_began_before_is_waited_for(staffed):
    with staffed.installed() as log, staffed.writer() as clerk:
        clerk.run("SET ROLE clerk")
        clerk.begin()
        clerk.run("INSERT INTO {items} VALUES (1, 'a', '')")
        log.revoke(["clerk"], 60_000, WORKER)
        assert "permission denied" in clerk.refused("SAVEPOINT s; INSERT INTO {items} VALUES (2, 'b', '')")
        clerk.roll_back()
        with log.locked(1000, FEW):
            assert log.pending().changes == 0
        log.give_back(WORKER)


def test_given_back_in_the_lock_it_is_given_back_with_it(staffed):
    before = privileges(staffed)

    def fail(log) -> None:
        log.give_back(WORKER)
        raise ZeroDivisionError

    with staffed.installed() as log:
        log.revoke(["clerk"], 60_000, WORKER)
        with pytest.raises(ZeroDivisionError), log.locked(1000, FEW):
            fail(log)
        assert privileges(staffed) != before
        with log.locked(1000, FEW):
            log.give_back(WORKER)

        assert privileges(staffed) == before


class TestProblems:
    def problems(self, place, *roles):
        with place.log() as log:
            return [problem.message for problem in log.role_problems(place.watched, roles)]

    def test_none(self, staffed):
        assert self.problems(staffed, "clerk", "boss") == []

    def test_a_role_that_is_not_there(self, staffed):
        assert self.problems(staffed, "nobody_at_all") == ["There is no role “nobody_at_all”."]

    def test_a_superuser(self, staffed):
        staffed.run("CREATE ROLE emperor SUPERUSER")
        try:
            assert "superuser" in self.problems(staffed, "emperor")[0]
        finally:
            staffed.run("DROP ROLE emperor")

    def test_snakeweb_itself(self, staffed):
        assert "Snakeweb itself" in self.problems(staffed, "postgres")[0]

    def test_another_way_to_write(self, staffed):
        staffed.run("GRANT INSERT ON {items} TO PUBLIC", "GRANT UPDATE ON {parts} TO group_of_clerks")
        staffed.run("GRANT group_of_clerks TO clerk")
        try:
            assert self.problems(staffed, "clerk", "boss") == [
                "“clerk” may write to shop.items as “public” too.",
                "“clerk” may write to shop.parts as “group_of_clerks” too.",
            ]
            assert self.problems(staffed, "clerk", "boss", "public", "group_of_clerks") == []
        finally:
            staffed.run("REVOKE group_of_clerks FROM clerk")

    def test_a_grant_of_somebody_else(self, staffed):
        staffed.run("SET ROLE boss; GRANT INSERT ON {parts} TO clerk")

        assert "does not own" in self.problems(staffed, "clerk")[0]

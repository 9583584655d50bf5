import pytest

from migrations_app.engine.errors import LeaseLost, ValidationFailed
from tests.stores.tables.orders import WORKER, Orders

pytestmark = pytest.mark.servers


def test_statements_run_together_or_not_at_all(postgres):
    orders = Orders(postgres)
    with postgres.open() as database:
        with pytest.raises(LeaseLost):
            database.execute(["CREATE TABLE one (a int)"], WORKER)
        database.raise_worker_fence(WORKER)
        with pytest.raises(Exception, match="lacks a table"):
            database.execute(["CREATE TABLE one (a int)", "CREATE INDEX ON missing (a)"], WORKER)
        assert orders.sql("SELECT to_regclass('one') IS NULL") == [(True,)]
        database.execute(["CREATE TABLE one (a int)", "CREATE INDEX ON one (a)"], WORKER)
        database.drop(["public.one", "public.never"], WORKER)

    assert orders.sql("SELECT to_regclass('one') IS NULL") == [(True,)]


def test_a_table_that_empty_ones_refer_to_is_emptied_and_rows_of_others_never_go_along(postgres):
    orders = Orders(postgres)
    orders.sql("CREATE TABLE one (a int PRIMARY KEY)")
    orders.sql("CREATE TABLE other (a int REFERENCES one ON DELETE CASCADE)")
    orders.sql("INSERT INTO one VALUES (1), (2)")
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        orders.sql("INSERT INTO other VALUES (2)")
        with pytest.raises(ValidationFailed, match=r"rows of other refer to them\. None of them was"):
            database.empty(["public.one"], WORKER)
        assert orders.sql("SELECT count(*) FROM one") == [(2,)]
        orders.sql("DELETE FROM other")
        database.empty(["public.one"], WORKER)

    assert orders.sql("SELECT count(*) FROM one") == [(0,)]


def test_sequences_are_advanced_and_never_back(postgres):
    orders = Orders(postgres)
    orders.sql("CREATE TABLE one (id bigserial PRIMARY KEY, other integer GENERATED ALWAYS AS IDENTITY (INCREMENT -1))")
    orders.sql("INSERT INTO one (id, other) OVERRIDING SYSTEM VALUE VALUES (40, -7), (50, -3)")
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        first = dict(database.advance_sequences(["public.one"], WORKER))
        orders.sql("DELETE FROM one")
        again = dict(database.advance_sequences(["public.one"], WORKER))

    assert first == again == {"public.one_id_seq": 50, "public.one_other_seq": -7}
    assert orders.sql("INSERT INTO one DEFAULT VALUES RETURNING id, other") == [(51, -8)]


def test_a_table_that_another_refers_to_is_not_emptied_alone(postgres):
    orders = Orders(postgres)
    orders.sql("CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id int REFERENCES one)")
    orders.sql("INSERT INTO one VALUES (1); INSERT INTO two VALUES (1)")
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        with pytest.raises(ValidationFailed, match="cannot be emptied"):
            database.empty(["public.one"], WORKER)
        assert orders.sql("SELECT count(*) FROM one") == [(1,)]
        database.empty(["public.one", "public.two"], WORKER)

    assert orders.sql("SELECT (SELECT count(*) FROM one) + (SELECT count(*) FROM two)") == [(0,)]


def test_tables_that_refer_to_each_other_are_emptied_together(postgres):
    orders = Orders(postgres)
    orders.sql("CREATE TABLE one (a int PRIMARY KEY, b int)")
    orders.sql("CREATE TABLE two (b int PRIMARY KEY, a int REFERENCES one)")
    orders.sql("ALTER TABLE one ADD FOREIGN KEY (b) REFERENCES two")
    orders.sql("CREATE TABLE other (a int REFERENCES one)")
    orders.sql("INSERT INTO one VALUES (1)")
    orders.sql("INSERT INTO two VALUES (2, 1)")
    orders.sql("UPDATE one SET b = 2")
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        database.empty(["public.one", "public.two"], WORKER)

    assert orders.sql("SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM two)") == [(0, 0)]


def test_what_empty_tables_refer_to_is_emptied_without_a_question_for_each_row(postgres):
    """A row that is deleted asks whoever refers to it; where rows were deleted before, that reads all of them."""
    orders = Orders(postgres)
    orders.sql("CREATE TABLE one (a int PRIMARY KEY); CREATE TABLE two (b int PRIMARY KEY, a int REFERENCES one)")
    orders.sql("CREATE TABLE three (b int REFERENCES two)")
    orders.sql("INSERT INTO one VALUES (1)")
    file = orders.sql("SELECT pg_relation_filenode('one')")
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        database.empty(["public.one"], WORKER)

    assert orders.sql("SELECT count(*) FROM one") == [(0,)]
    assert orders.sql("SELECT pg_relation_filenode('one')") != file  # truncated


def test_rows_that_refer_to_nothing_stay_where_an_empty_table_between_is_in_the_way(postgres):
    orders = Orders(postgres)
    orders.sql("CREATE TABLE one (a int PRIMARY KEY); CREATE TABLE two (b int PRIMARY KEY, a int REFERENCES one)")
    orders.sql("CREATE TABLE three (b int REFERENCES two)")
    orders.sql("INSERT INTO one VALUES (1); INSERT INTO three VALUES (NULL)")
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        database.empty(["public.one"], WORKER)

    assert orders.sql("SELECT (SELECT count(*) FROM one), (SELECT count(*) FROM three)") == [(0, 1)]

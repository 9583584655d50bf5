from migrations_app.handlers.session.actions.initialise import Initialise
from migrations_app.handlers.session.sides import reading
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import fill, sessions


def exists(move):
    with reading(move.target) as store:
        return store.probe().exists


def test_it_creates_what_the_layout_needs(move):
    ctx = context(move, "initialise")
    assert Initialise().preview(ctx) == {"exists": False}

    assert Initialise().do(ctx) == {"created": True}
    assert exists(move)


def test_a_second_attempt_tells_the_same(move):
    first = Initialise().do(context(move, "initialise"))

    assert Initialise().do(context(move, "initialise", token=2)) == first


def test_undo_drops_what_was_created_and_may_be_repeated(move):
    Initialise().do(context(move, "initialise"))

    for _ in range(2):
        Initialise().undo(context(move, "initialise", token=3))

    assert not exists(move)


def test_undo_leaves_a_table_with_sessions(move):
    Initialise().do(context(move, "initialise"))
    fill(move.target, sessions(3))

    Initialise().undo(context(move, "initialise"))

    assert exists(move)


def test_the_way_by_hand_names_the_target(move):
    assert move.target.name in Initialise().manual_undo(context(move, "initialise"))[0]

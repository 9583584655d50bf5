"""Django set up, as every process of Snakeweb does it."""

import gc


def test_cycles_are_looked_for_again_and_not_among_what_was_loaded():
    assert gc.isenabled()
    assert gc.get_freeze_count() > 100_000

from migrations_app.runtime.log_context import about, bound
from tests.parallel import in_thread


def test_what_is_bound_holds_as_long_as_the_block_and_in_this_thread_alone() -> None:
    with bound(run=7, step="copy"):
        with bound(step="switch"):
            assert dict(about()) == {"run": 7, "step": "switch"}
        assert dict(about()) == {"run": 7, "step": "copy"}
        assert dict(in_thread(about)) == {}
    assert dict(about()) == {}

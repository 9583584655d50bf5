from migrations_app.handlers.adapter.equivalence.stand_in.snakepit_bridge.base_adapter_threaded import (
    ThreadSafeAdapter,
    thread_safe_method,
    tool,
)


class Adapter(ThreadSafeAdapter):
    @thread_safe_method
    @tool(description="Doubles.")
    def double(self, value):
        with self.acquire_lock():
            return value * 2


def test_a_decorated_method_stays_a_tool():
    adapter = Adapter()

    assert adapter.call_tool("double", value=2) == 4
    assert [one.description for one in adapter.get_tools()] == ["Doubles."]


def test_values_of_a_thread():
    adapter = Adapter()
    adapter.set_thread_local("a", 1)
    adapter.set_thread_local("b", 2)
    adapter.clear_thread_local("a")
    assert (adapter.get_thread_local("a", "none"), adapter.get_thread_local("b")) == ("none", 2)
    adapter.clear_thread_local()
    assert adapter.get_thread_local("b") is None


def test_what_counts_nothing():
    adapter = Adapter()
    adapter.track_request("1")
    assert adapter.get_stats() == {"adapter": "Adapter", "thread_safe": True}

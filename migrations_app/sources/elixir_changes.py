"""What Elixir code meets at another version of Snakepit beyond names that are gone, and how code shows it."""

from collections.abc import Callable

from migrations_app.sources.changes import Change, Sightings
from migrations_app.sources.elixir import ElixirSource
from migrations_app.sources.findings import Weight

Sees = Callable[[ElixirSource], Sightings]


def _calls(*names: str) -> Sees:
    """`Module.function`, whatever the arity."""
    wanted = set(names)

    def sees(source: ElixirSource) -> Sightings:
        for one in source.references:
            if one.function and f"{one.module}.{one.function}" in wanted:
                yield one.place, f"{one.module}.{one.function}"

    return sees


def _with_option(name: str, *options: str) -> Sees:
    def sees(source: ElixirSource) -> Sightings:
        for one in source.references:
            if f"{one.module}.{one.function}" == name:
                for option in sorted(set(one.options) & set(options)):
                    yield one.place, f"{name} with {option}:"

    return sees


def _names(*modules: str) -> Sees:
    wanted = set(modules)

    def sees(source: ElixirSource) -> Sightings:
        for one in source.references:
            if one.module in wanted:
                yield one.place, one.module

    return sees


def _errors(*atoms: str) -> Sees:
    """`{:error, :atom}` in a file that has to do with Snakepit at all."""
    wanted = set(atoms)

    def sees(source: ElixirSource) -> Sightings:
        if any(one.module.partition(".")[0] == "Snakepit" for one in source.references):
            for atom, place in source.errors:
                if atom in wanted:
                    yield place, f"{{:error, :{atom}}}"

    return sees


def _callbacks(behaviour: str, *functions: str) -> Sees:
    def sees(source: ElixirSource) -> Sightings:
        for module in source.modules:
            if behaviour in module.behaviours:
                for one in module.functions:
                    if one.name in functions:
                        yield one.place, f"{module.name}.{one.name}/{one.arities[-1]}"

    return sees


def _writes_session_table(source: ElixirSource) -> Sightings:
    writing = {
        "insert",
        "insert_new",
        "delete",
        "delete_all_objects",
        "update_element",
        "update_counter",
        "match_delete",
    }
    for one in source.references:
        if one.module == ":ets" and one.function in writing and "snakepit_sessions" in one.atoms:
            yield one.place, f":ets.{one.function}(:snakepit_sessions, ...)"


_DEPRECATED = (
    "Snakepit.HealthMonitor",
    "Snakepit.Executor",
    "Snakepit.Compatibility",
    "Snakepit.PythonVersion",
    "Snakepit.Telemetry",
    "Snakepit.Telemetry.GPUProfiler",
    "Snakepit.Telemetry.Handlers.Logger",
    "Snakepit.Telemetry.Handlers.Metrics",
)

CHANGES: tuple[Change[ElixirSource], ...] = (
    Change(
        "session_exists_twice",
        "0.4.2",
        Weight.BREAKS,
        "Creating a session that exists answers with that one and ignores the new options; it was an error before.",
        "Ask SessionStore.session_exists?/1 first where the difference matters.",
        _errors("already_exists"),
    ),
    Change(
        "session_table_protected",
        "0.6.6",
        Weight.BREAKS,
        "The table of the sessions is protected: a write from another process than its owner crashes with badarg.",
        "Go through Snakepit.Bridge.SessionStore.",
        _writes_session_table,
    ),
    Change(
        "pool_waits_with_struct",
        "0.6.7",
        Weight.DIFFERS,
        "When the pool is not ready in time the error is a %Snakepit.Error{}; it was an atom before.",
        "Match on %Snakepit.Error{}.",
        _calls("Snakepit.Pool.await_ready"),
    ),
    Change(
        "adapter_callbacks_removed",
        "0.7.2",
        Weight.BREAKS,
        "The behaviour Snakepit.Adapter has no such callback: nobody calls the function, and @impl is refused.",
        "Remove the function; what it checked or changed belongs to the caller or to the Python adapter.",
        _callbacks("Snakepit.Adapter", "supported_commands", "validate_command", "prepare_args", "process_response"),
    ),
    Change(
        "script_ends_otherwise",
        "0.9.0",
        Weight.DIFFERS,
        "exit_mode: goes before halt:, and stop_mode: :if_started leaves an application running that was there.",
        "Say exit_mode: and stop_mode: outright.",
        _with_option("Snakepit.run_as_script", "halt", "stop_mode"),
    ),
    Change(
        "start_worker_returns_worker",
        "0.11.1",
        Weight.BREAKS,
        "WorkerSupervisor.start_worker answers with the worker's own process; it was its starter's before.",
        "Monitor or stop what is answered as the worker itself.",
        _calls("Snakepit.Pool.WorkerSupervisor.start_worker"),
    ),
    Change(
        "pool_waits_for_handshake",
        "0.12.0",
        Weight.DIFFERS,
        "await_ready waits until the workers have shaken hands; a failed pool answers :pool_not_initialized at once.",
        "Give it more time, and handle that answer.",
        _calls("Snakepit.Pool.await_ready"),
    ),
    Change(
        "public_errors_are_structs",
        "0.13.0",
        Weight.BREAKS,
        "Calls answer {:error, %Snakepit.Error{}} with the reason in details.reason: this pattern never matches.",
        "Match on %Snakepit.Error{details: %{reason: ...}}, or on its category.",
        _errors(
            "queue_timeout",
            "pool_saturated",
            "worker_busy",
            "session_worker_unavailable",
            "pool_not_initialized",
            "pool_not_found",
            "worker_exit",
        ),
    ),
    Change(
        "module_deprecated",
        "0.13.0",
        Weight.DEPRECATED,
        "The module is deprecated; its use is reported once by telemetry, and it is announced to go with 0.16.0.",
        "See the replacement in the deprecation event's metadata.",
        _names(*_DEPRECATED),
    ),
)

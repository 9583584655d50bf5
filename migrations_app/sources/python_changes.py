"""What a Python adapter meets at another version of Snakepit beyond names that are gone."""

from migrations_app.sources.changes import Change, Sightings
from migrations_app.sources.findings import Weight
from migrations_app.sources.python import Class, PythonSource

_ADAPTERS = {"BaseAdapter", "ThreadSafeAdapter"}


def is_adapter(found: Class) -> bool:
    return "execute_tool" in found.methods or any(base.rpartition(".")[2] in _ADAPTERS for base in found.bases)


def _announces_on_output(source: PythonSource) -> Sightings:
    for call in source.calls:
        if any("GRPC_READY" in text for text in call.texts):
            yield call.place, f"{call.name}(“GRPC_READY…”)"


def _unpickles(source: PythonSource) -> Sightings:
    if any(map(is_adapter, source.classes)):
        for call in source.calls:
            if call.name.rpartition(".")[2] in ("loads", "load") and call.name.rpartition(".")[0].endswith("pickle"):
                yield call.place, call.name


def _says_nothing_of_threads(source: PythonSource) -> Sightings:
    for found in filter(is_adapter, source.classes):
        inherits = any(base.rpartition(".")[2] == "ThreadSafeAdapter" for base in found.bases)
        if not inherits and "__thread_safe__" not in found.attributes:
            yield found.place, found.name


def _works_outside_of_the_loop(source: PythonSource) -> Sightings:
    for found in filter(is_adapter, source.classes):
        if found.methods.get("execute_tool") is False:
            yield found.place, f"{found.name}.execute_tool"


CHANGES: tuple[Change[PythonSource], ...] = (
    Change(
        "adapter_must_be_thread_safe",
        "0.6.10",
        Weight.DIFFERS,
        "A pool of the profile :thread refuses an adapter that does not say __thread_safe__ = True.",
        "Say it where the class is safe, or serve it from a pool of the profile :process.",
        _says_nothing_of_threads,
    ),
    Change(
        "ready_by_file",
        "0.8.1",
        Weight.BREAKS,
        "A worker is ready when it has written the file that SNAKEPIT_READY_FILE names; its output is not read.",
        "Write the port into that file.",
        _announces_on_output,
    ),
    Change(
        "binary_is_bytes",
        "0.8.5",
        Weight.BREAKS,
        "Binary parameters arrive as bytes, unless their metadata says binary_format “pickle”: "
        "then the server unpickles them, before the adapter sees them.",
        "Take the bytes as they are, or let the caller name the format.",
        _unpickles,
    ),
    Change(
        "sync_tools_in_threads",
        "0.9.1",
        Weight.DIFFERS,
        "execute_tool that is not async runs in a thread of its own, several at a time.",
        "Guard what is shared, or mark the adapter as thread sensitive (SNAKEPIT_THREAD_SENSITIVE).",
        _works_outside_of_the_loop,
    ),
)

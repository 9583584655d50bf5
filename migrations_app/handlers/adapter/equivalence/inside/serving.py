"""One process that serves cases as Snakepit's worker serves requests: a new adapter for each."""

import asyncio
import base64
import dis
import importlib
import inspect
import os
import random
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .effects import Effects
from .encoding import encode, type_name
from .tracing import Tracer

MOST_MESSAGE = 2_000
Emit = Callable[[dict[str, Any]], None]


class Context:
    """As much of Snakepit's SessionContext as there can be without an Elixir node."""

    def __init__(self) -> None:
        self.session_id = "comparison"
        self.request_metadata: dict[str, Any] = {}
        self.elixir_tools: dict[str, Any] = {}

    def call_elixir_tool(self, tool_name: str, **_: Any) -> Any:
        raise RuntimeError(f"There is no Elixir node in a comparison that could serve {tool_name!r}.")

    def cleanup(self) -> None:
        """Nothing is kept."""


def decoded(found: Any) -> Any:
    """What `{"__bytes__": base64}` stands for; everything else is itself. A new value each time."""
    if isinstance(found, dict):
        if set(found) == {"__bytes__"}:
            return base64.b64decode(found["__bytes__"])
        return {name: decoded(one) for name, one in found.items()}
    return [decoded(one) for one in found] if isinstance(found, list) else found


def load(module: str, name: str) -> Any:
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def serve(job: dict[str, Any], cases: list[int], traced: bool, emit: Emit) -> None:
    """One frame that it is ready, or why not; one for each case in its order; one of what was reached if `traced`."""
    own = os.getpid()
    effects = Effects(job["scratch"])
    try:
        adapter = load(job["module"], job["class"])
    except BaseException as error:  # noqa: BLE001 - said outside, whatever it is
        emit({"fatal": f"{type_name(type(error)).removeprefix('builtins.')}: {_message(error)}"})
        return
    tracer = Tracer(job["root"], [(path, name) for path, name in job["functions"]]) if traced else None
    emit({"ready": f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"})
    for case in cases:
        frame = _served(job, adapter, job["cases"][case], effects, tracer)
        if os.getpid() != own:
            os._exit(0)  # a child that the tool left behind, and that came back as if it were us
        emit(frame)
    if tracer:
        emit({"reached": tracer.found()})


def _served(job: dict[str, Any], adapter: Any, case: Any, effects: Effects, tracer: Tracer | None) -> dict[str, Any]:
    arguments = decoded(case)
    kept = dict(arguments)  # the outer dict is the worker's own, and thrown away
    before = {name: encode(one) for name, one in kept.items()}
    _seed(job["seed"])
    effects.begin()
    if tracer:
        tracer.begin()
    try:
        answer = request(adapter, job["tool"], arguments)
    except MemoryError:
        frame: dict[str, Any] = {"kind": "ended", "text": "It asked for more memory than it may have."}
    except BaseException as error:  # noqa: BLE001 - compared, whatever it is
        frame = _raised(error, job["root"], job["own"])
    else:
        frame = {"kind": "answer", "answer": answer}
    finally:
        if tracer:
            tracer.end()
        did = effects.end()
    try:
        if frame["kind"] == "answer":
            frame = {"kind": "answer", "value": encode(frame["answer"])}
        after = {name: encode(one) for name, one in kept.items()}
    except MemoryError:
        return {"kind": "ended", "text": "Its answer is larger than the memory that it may have.", "effects": did}
    changed = {name: after[name] for name in after if after[name] != before[name]}
    return {**frame, "effects": did, "changed": changed}


def request(adapter: Any, tool: str, arguments: dict[str, Any]) -> Any:
    """As grpc_server.py does it: made anew, told its session, initialized, asked, cleaned up."""
    context = Context()
    instance = adapter()
    if hasattr(instance, "set_session_context"):
        instance.set_session_context(context)
    if hasattr(instance, "initialize"):
        _done(instance.initialize())
    try:
        if not hasattr(instance, "execute_tool") and hasattr(instance, "process_command"):
            return _done(instance.process_command(tool, arguments))
        execute = instance.execute_tool
        if {"tool_name", "arguments", "context"} <= set(inspect.signature(execute).parameters):
            return _done(execute(tool_name=tool, arguments=arguments, context=context))
        return _done(execute(tool, arguments, context))
    finally:
        if hasattr(instance, "cleanup"):
            _done(instance.cleanup())


def _done(answer: Any) -> Any:
    if not inspect.isawaitable(answer):
        return answer

    async def awaited() -> Any:
        return await answer

    return asyncio.run(awaited())


def _seed(seed: int) -> None:
    random.seed(seed)
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy.random.seed(seed % 2**32)


def _raised(error: BaseException, root: str, own: str) -> dict[str, Any]:
    """`said`: its words were chosen in the project, by a `raise` there. Errors of the generic adapter's own are
    what they stand for: the nearest class of Python."""
    kinds = [one for one in type(error).__mro__ if not own or one.__module__.partition(".")[0] != own]
    return {
        "kind": "raised",
        "type": type_name(kinds[0]).removeprefix("builtins."),
        "own": kinds[0] is not type(error),
        "message": _message(error),
        "said": _is_raise_of(root, error.__traceback__),
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)[:MOST_MESSAGE]
    except Exception:  # noqa: BLE001 - a hostile __str__
        return ""


def _is_raise_of(root: str, traceback: TracebackType | None) -> bool:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return False
    code = traceback.tb_frame.f_code
    return code.co_filename.startswith(f"{root}/") and dis.opname[code.co_code[traceback.tb_lasti]] == "RAISE_VARARGS"

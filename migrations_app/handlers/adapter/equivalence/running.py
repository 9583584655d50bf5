"""One side of a comparison in one start of a sandbox: its cases go in, what was seen of each comes out."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from migrations_app.handlers.adapter import generic
from migrations_app.handlers.adapter.equivalence import inside, stand_in
from migrations_app.handlers.adapter.equivalence.interpreter import shown
from migrations_app.sandbox import Ending, Limits, run

PROJECT: Final = Path("/project")
_OURS: Final = Path("/comparison")
_SCRATCH: Final = "/tmp"  # noqa: S108 - inside
_TOOLS: Final = _OURS / "tools.json"
_BEGIN: Final = "import sys; sys.path.insert(0, '/comparison'); from inside.runner import main; main()"
_LIMITS: Final = Limits(
    seconds=120, cpu_seconds=60, memory_mb=2048, processes=24, scratch_mb=64, output_bytes=64_000_000
)
_VARIABLES: Final = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "XDG_CACHE_HOME": f"{_SCRATCH}/.cache",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TZ": "UTC",
    "SNAKEPIT_GENERIC_ADAPTER": str(_TOOLS),
}


@dataclass(frozen=True, slots=True)
class Side:
    """What is loaded, and from where. `own` is the package whose own errors stand for those of Python."""

    name: str
    module: str
    adapter: str
    paths: tuple[str, ...]
    own: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Cases by their number, one after the other in one process that begins anew."""

    name: str
    cases: tuple[int, ...]
    traced: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What one side did with one case, as the runner says it. Written by code that nobody trusts.

    `said`: its words are those of a `raise` in the project. `own`: it is an error of the generic adapter's own.
    `late`: it was ended because its time was over.
    """

    kind: str
    value: Any = None
    error: str = ""
    message: str = ""
    said: bool = False
    own: bool = False
    late: bool = False
    effects: tuple[str, ...] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran:
    """`seen` by the name of the run and the place in it. `reached` has one for each process of a traced run; `stopped`
    says why there is no more."""

    seen: Mapping[tuple[str, int], Seen]
    reached: Sequence[Mapping[str, Any]]
    python: str
    fatal: str = ""
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is the same for every start: the project, the interpreter, the configuration's text."""

    root: Path
    inside: Path
    python: Path | None
    configuration: str
    preload: tuple[str, ...]
    seed: int
    case_seconds: float = 2.0
    import_seconds: float = 30.0
    patience: int = 3

    def run(
        self, side: Side, tool: str, cases: Sequence[Any], runs: Sequence[Run], functions: Sequence[str] = ()
    ) -> Ran:
        """Raises SandboxMissing, and then nothing was run."""
        command, needed = shown(self.python)
        job = {
            "module": side.module,
            "class": side.adapter,
            "own": side.own,
            "paths": side.paths,
            "hidden": [str(_OURS)],
            "last_paths": [str(_OURS / "stand_in")],
            "preload": self.preload,
            "tool": tool,
            "cases": list(cases),
            "runs": [{"name": one.name, "cases": one.cases, "trace": one.traced} for one in runs],
            "functions": [one.rpartition(":")[::2] for one in functions],
            "root": str(self.inside),
            "scratch": _SCRATCH,
            "case_seconds": self.case_seconds,
            "import_seconds": self.import_seconds,
            "patience": self.patience,
            "seed": self.seed,
        }
        with tempfile.NamedTemporaryFile("w", suffix=".json") as tools:
            tools.write(self.configuration)
            tools.flush()
            Path(tools.name).chmod(0o644)
            shows = {
                **needed,
                self.inside: self.root,
                _OURS / "inside": _folder(inside),
                _OURS / "stand_in": _folder(stand_in),
                _OURS / "generic" / "generic": _folder(generic),
                _TOOLS: Path(tools.name),
            }
            outcome = run(
                [command, "-s", "-c", _BEGIN],
                stdin=json.dumps(job).encode(),
                shows=shows,
                variables=_VARIABLES,
                limits=_LIMITS,
            )
        ended = "" if outcome.succeeded else _ended(outcome.ending, outcome.status, outcome.stderr)
        return _read(outcome.stdout, ended)


def generic_side(paths: tuple[str, ...]) -> Side:
    return Side("generic", "generic", "GenericAdapter", (str(_OURS / "generic"), *paths), own="generic")


def _folder(package: Any) -> Path:
    return Path(package.__file__).parent


def _ended(ending: Ending, status: int, stderr: bytes) -> str:
    if ending is Ending.KILLED:
        return "The sandbox ended: the process that runs the cases was killed, by them or for want of memory."
    said = stderr.decode(errors="replace").strip().rpartition("\n")[2][:300]
    return f"The sandbox ended ({ending}, {status}). {said}".strip()


def _read(stdout: bytes, ended: str) -> Ran:
    seen: dict[tuple[str, int], Seen] = {}
    reached: list[Mapping[str, Any]] = []
    python = fatal = stopped = ""
    done = False
    for line in stdout.splitlines():
        try:
            frame = json.loads(line)
        except (ValueError, RecursionError):
            break  # cut off at its end
        if "seen" in frame:
            seen[frame["run"], frame["at"]] = _seen(frame["seen"])
        elif "ready" in frame:
            python = str(frame["ready"])[:40]
        elif "reached" in frame and isinstance(frame["reached"], dict):
            reached.append(frame["reached"])
        elif "fatal" in frame:
            fatal = str(frame["fatal"])[:2_000]
        elif "given_up" in frame:
            stopped = str(frame["given_up"])
        done = done or "done" in frame
    return Ran(seen, tuple(reached), python, fatal, stopped or ("" if done else ended or "The sandbox ended early."))


def _seen(frame: Mapping[str, Any]) -> Seen:
    kind = frame.get("kind")
    tried = frame.get("effects")
    effects = tuple(str(one)[:500] for one in tried) if isinstance(tried, list) else ()
    if kind == "ended":
        return Seen("ended", message=str(frame.get("text"))[:500], late=frame.get("late") is True, effects=effects)
    changed = frame.get("changed")
    changed = changed if isinstance(changed, dict) else {}
    if kind == "answer":
        return Seen("answer", value=frame.get("value"), effects=effects, changed=changed)
    return Seen(
        "raised",
        error=str(frame.get("type"))[:300],
        message=str(frame.get("message"))[:2_000],
        said=frame.get("said") is True,
        own=frame.get("own") is True,
        effects=effects,
        changed=changed,
    )

"""Running faults, each in a process of its own with a control database of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.zero_downtime.registry import Row, Verdict

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = "tests.faults.zero_downtime.settings"
LONGEST_SECONDS = 900.0
ENDING_SECONDS = 30.0
#: These spend their time waiting for leases and for what is away; they run beside the others.
BESIDE = ("F1", "F16")
OURS = ("SNAKEWEB_ALLOWED_HOSTS", "SNAKEWEB_GUARDS_OFF", "SNAKEWEB_CRASH_AT", "SNAKEWEB_SECRET_KEYS")


@dataclass(frozen=True, slots=True)
class Sweep:
    """`directory` keeps what each fault leaves: logs, histories, stores, its row."""

    directory: Path
    seed: int = 1
    scale: float = 0.1
    quick: bool = False
    guards_off: str = ""
    longest_seconds: float = LONGEST_SECONDS
    surroundings: Mapping[str, str] = field(default_factory=dict)

    def run_all(self, faults: Sequence[str]) -> Iterator[Row]:
        """Rows as they come, in two lanes."""
        self.template()
        with ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(1) as others:
            driven = [(beside if fault in BESIDE else others).submit(self.run, fault) for fault in faults]
            for done in as_completed(driven):
                yield done.result()

    def run(self, fault: str) -> Row:
        place = self.directory / fault
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        environment = self.environment(place)
        shutil.copy(self.template(), place / "control.sqlite3")
        words = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.faults.zero_downtime.one", fault]
        words += ["--directory", str(place), "--seed", str(self.seed), "--scale", str(self.scale)]
        with (place / "rig.log").open("wb") as log:
            process = subprocess.Popen(
                words + (["--quick"] if self.quick else []),
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
            try:
                said, _ = process.communicate(timeout=self.longest_seconds)
            except subprocess.TimeoutExpired:
                self._end(process)
                return Row(fault, Verdict.BROKEN, self.seed, self.longest_seconds, {}, ("it did not end in time",))
            except BaseException:
                self._end(process)
                raise
        lines = [line for line in said.decode().splitlines() if line.startswith("{")]
        if not lines:
            problem = f"the rig ended with status {process.returncode}: {(place / 'rig.log').read_text()[-2000:]}"
            return Row(fault, Verdict.BROKEN, self.seed, 0.0, {}, (problem,))
        row = Row.from_dict(json.loads(lines[-1]))
        (place / "row.json").write_text(json.dumps(row.as_dict(), indent=1))
        return row

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """With SIGTERM it ends what it started."""
        process.terminate()
        try:
            process.communicate(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def environment(self, place: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        return {
            **kept,
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "SNAKEWEB_DATABASE_URL": f"sqlite:///{place / 'control.sqlite3'}",
            "SNAKEWEB_STATE": str(place / "state"),
            "SNAKEWEB_FILE_ROOTS": str(place),
            "SNAKEWEB_SECRET_KEYS": "of-the-fault-rig-and-of-nothing-else-0123456789",
            "SNAKEWEB_GUARDS_OFF": self.guards_off,
            "PYTHONPATH": str(ROOT),
            **self.surroundings,
        }

    def template(self) -> Path:
        """A control database with its tables, made once for the sweep."""
        template = self.directory / "template.sqlite3"
        if not template.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            scratch = self.directory / f"template.{os.getpid()}"
            environment = self.environment(self.directory) | {"SNAKEWEB_DATABASE_URL": f"sqlite:///{scratch}"}
            words = [sys.executable, "-W", "ignore", "-m", "django", "migrate", "--noinput", "-v", "0"]
            subprocess.run(words, cwd=ROOT, env=environment, check=True, stdin=subprocess.DEVNULL)
            scratch.rename(template)
        return template

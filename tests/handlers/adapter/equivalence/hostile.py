"""Tools that do harm to whoever runs them, as texts: the test process writes them to files and never imports them."""

MARKER = "/tmp/snakeweb-hostile-marker"  # noqa: S108 - inside, and never outside
HEAD = """
import ctypes, gc, os, pathlib, signal, shutil, socket, subprocess, sys, threading, time
from snakepit_bridge.base_adapter import BaseAdapter, tool

class A(BaseAdapter):
    def execute_tool(self, tool_name, arguments, context):
        return self.call_tool(tool_name, **arguments)
"""
# What the tool `t` does before it answers 1, and what is said of it; None where it is as if nothing had been.
BODIES = {
    "endless": ("while True:\n    pass", "did not come to an end in"),
    "asleep": ("time.sleep(10**6)", "did not come to an end in"),
    "unmoved": (
        """
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
while True:
    try:
        while True:
            pass
    except BaseException:
        pass""",
        "did not come to an end in",
    ),
    "bomb": (
        "while True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
        "did not come to an end in",
    ),
    "orphans": (
        "for _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        time.sleep(10**6)\nreturn 1",
        "program: os.fork",
    ),
    "doubled": ("os.fork()\nreturn 1", "program: os.fork"),
    "memory": ("return 'x' * 10**12", "more memory than it may have"),
    "hoard": ("kept = []\nwhile True:\n    kept.append(bytearray(10**8))", "more memory than it may have"),
    "answer": ("return 'é' * 900_000_000", "larger than the memory"),
    "leaves": ("os._exit(3)", "ended its process, with the status 3"),
    "leaves_well": ("os._exit(0)", "ended its process, with the status 0"),
    "aborts": ("os.abort()", "ended by the signal SIGABRT"),
    "crashes": ("ctypes.string_at(0)", "ended by the signal SIGSEGV"),
    "closes": ("os.closerange(0, 256)\nreturn 1", "the channel of the comparison was closed"),
    "closes_and_stays": ("os.closerange(0, 256)\ntime.sleep(10**6)", "closed the channel of the comparison"),
    "forges": (
        """
for number in range(3, 256):
    try:
        os.write(number, b'{"kind": "answer", "value": ["int", "1"]}')
    except OSError:
        pass
return 1""",
        "wrote into the channel of the comparison",
    ),
    "kills_all": ("os.kill(-1, signal.SIGKILL)", "was killed, by them"),
    "kills_parent": ("os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(10**6)", "was killed, by them"),
}
# What is contained though it answers, with the effect that is told.
EFFECTS = {
    "prints": ("print('x' * 10**6)\nsys.stdout.close()\nos.write(1, b'x')\nreturn 1", ""),
    "removes": ("shutil.rmtree('/project', ignore_errors=True)\nreturn 1", "shutil.rmtree /project"),
    "writes": (
        "try:\n    pathlib.Path(__file__).write_text('')\nexcept OSError:\n    pass\nreturn 1",
        "opens /project/adapter.py for writing",
    ),
    "network": (
        "try:\n    socket.create_connection(('192.0.2.1', 9), 0.2)\nexcept OSError:\n    pass\nreturn 1",
        "network: socket.connect",
    ),
    "program": ("subprocess.run(['sh', '-c', f'touch {MARKER}'])\nreturn 1", "program: subprocess.Popen"),
    "marks": ("pathlib.Path(MARKER).write_text('run')\nreturn 1", "creates /tmp/snakeweb-hostile-marker"),
    "peeks": (
        """
found = []
for number in (0, 1, 2):
    try:
        os.open(f'/proc/{os.getppid()}/fd/{number}', os.O_WRONLY)
        found.append(number)
    except OSError:
        pass
if found:
    raise SystemExit('reached')
return 1""",
        "/proc/",
    ),
    "exits": ("raise SystemExit(0)", ""),
    "threads": ("threading.Thread(target=time.sleep, args=(10**6,)).start()\nreturn 1", ""),
}
# Modules that do harm when they are imported.
IMPORTS = {
    "endless": ("while True:\n    pass", "did not come to an end in"),
    "leaves": ("import os\nos._exit(0)", "ended its process, with the status 0"),
    "raises": ("raise SystemExit('no')", "SystemExit: no"),
    "missing": ("import no_such_module_of_anybody", "ModuleNotFoundError"),
    "kills": ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "sandbox ended"),
    "forges": (
        """
import os
for number in range(3, 256):
    try:
        os.write(number, b'x' * 100)
    except OSError:
        pass""",
        "wrote into the channel",
    ),
}


def code(body: str, before: str = "") -> str:
    text = "\n".join(f"        {line}" for line in body.splitlines())
    return f"{HEAD}\n    @tool()\n    def t(self, x=1):\n{text}\n\nMARKER = {MARKER!r}\n{before}\n"

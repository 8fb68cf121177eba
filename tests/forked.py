"""Run `netlab ARGUMENTS` in a process of its own that need not start Python and import everything first.

One prepared process for each pytest process has imported netlab. For each command it forks: the child has its own
arguments, environment, folder, and standard streams, and ends as the command ends. That takes a hundredth of a second
instead of a quarter. How netlab starts from nothing is the matter of tests that start Python: test_cli_start.py,
test_cli_failures.py, test_readme.py.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOTHING: Mapping[str, str] = {}
AT_START = ("PYTHON", "LC_", "LANG")  # what Python reads when it starts, and never again


def run(
    *arguments: str,
    given: bytes = b"",
    environment: Mapping[str, str] = NOTHING,
    folder: Path = ROOT,
    timeout_s: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Return the finished command with its output. `given` is its input; `environment` is added to the tests' own."""
    done = run_bytes(*arguments, given=given, environment=environment, folder=folder, timeout_s=timeout_s)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_bytes(
    *arguments: str,
    given: bytes = b"",
    environment: Mapping[str, str] = NOTHING,
    folder: Path = ROOT,
    timeout_s: float = 60,
) -> subprocess.CompletedProcess[bytes]:
    """The same, with what it prints as bytes."""
    command = [sys.executable, "-m", "netlab", *arguments]
    whole = {**os.environ, **environment}
    if any(name.startswith(AT_START) for name in environment):
        return subprocess.run(command, input=given, capture_output=True, timeout=timeout_s, cwd=folder, env=whole)
    order = {"argv": ["netlab", *arguments], "env": whole, "folder": str(folder)}
    status, out, err = _prepared().run(order, given, timeout_s)
    return subprocess.CompletedProcess(command, status, out, err)


@functools.cache
def _prepared() -> Prepared:
    return Prepared()


class Prepared:
    """The process that has imported netlab, and the socket to it."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], cwd=ROOT, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        atexit.register(self.close)

    def close(self) -> None:
        self.socket.close()
        self.process.wait(10)

    def run(self, request: dict[str, object], given: bytes, timeout_s: float) -> tuple[int, bytes, bytes]:
        """Run one command to its end: exit status (negative: the signal), output, errors."""
        deadline_s = time.monotonic() + timeout_s
        ours, theirs = zip(os.pipe(), os.pipe(), strict=True)
        with tempfile.TemporaryFile() as stdin:
            stdin.write(given)
            stdin.seek(0)
            socket.send_fds(self.socket, [json.dumps(request).encode()], [stdin.fileno(), *theirs])
        for fd in theirs:
            os.close(fd)
        pid = int(self.socket.recv(100))
        said: dict[int, bytearray] = {fd: bytearray() for fd in ours}
        try:
            with selectors.DefaultSelector() as waiting:
                for fd in ours:
                    waiting.register(fd, selectors.EVENT_READ)
                while waiting.get_map():  # until nobody can write any more: a process that was left behind could
                    ready = waiting.select(max(0.0, deadline_s - time.monotonic()))
                    if not ready:
                        os.kill(pid, signal.SIGKILL)
                        raise subprocess.TimeoutExpired(str(request["argv"]), timeout_s, *map(bytes, said.values()))
                    for key, _ in ready:
                        data = os.read(key.fd, 1 << 16)
                        said[key.fd] += data
                        if not data:
                            waiting.unregister(key.fd)
        finally:
            for fd in ours:
                os.close(fd)
            status = int(self.socket.recv(100))
        out, err = map(bytes, said.values())
        return status, out, err


def serve(orders: socket.socket) -> None:
    """Fork for each order, tell the child's process id, and then how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C at a terminal is meant for pytest
    while True:
        data, fds, _, _ = socket.recv_fds(orders, 1 << 20, 3)
        if not data:
            return
        pid = os.fork()
        if pid == 0:
            orders.close()
            become(json.loads(data), fds)
        for fd in fds:
            os.close(fd)
        orders.send(b"%d" % pid)
        _, status = os.waitpid(pid, 0)
        orders.send(b"%d" % os.waitstatus_to_exitcode(status))


def become(order: dict[str, object], fds: list[int]) -> None:
    """Be the command that was ordered; do not return."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    os.chdir(order["folder"])  # type: ignore[arg-type]
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[call-overload]
    sys.argv = order["argv"]  # type: ignore[assignment]
    from netlab.__main__ import main

    try:
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            status = status or 120
    os._exit(status)


def import_everything() -> None:
    import gc
    import importlib
    import pkgutil

    import netlab
    import netlab.cli.app

    for module in pkgutil.walk_packages(netlab.__path__, "netlab."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.freeze()


if __name__ == "__main__":
    import_everything()
    serve(socket.socket(fileno=int(sys.argv[1])))

"""The parent's side: start a child, hear it, end it. See the package's docstring."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from netlab.errors import NetlabError

Message = dict[str, Any]

_PACKAGE_PARENT = str(Path(__file__).resolve().parents[2])
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from netlab.child.child_side import enter; enter(sys.argv[2])"


class Child:
    """A running child, as its parent sees it. Use as a context manager: leaving it leaves nothing behind."""

    def __init__(self, function: str, config: Message, pass_fds: Sequence[int] = (), cpus: Sequence[int] = ()) -> None:
        """Start `function` ("package.module:name") with `config`; pin it to `cpus` if any are given."""
        self._errors = os.memfd_create("netlab-stderr", os.MFD_CLOEXEC)
        self._words: str | None = None
        self._unread = b""
        here = os.sched_getaffinity(0) if cpus else set()
        try:
            if cpus:
                os.sched_setaffinity(0, cpus)  # inherited across fork and exec, so set before the child begins
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _BOOT, _PACKAGE_PARENT, function],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=tuple(pass_fds),
                start_new_session=True,
                # Resolve symbols at start: a forked child then does not write to the same pages again for itself.
                env={**os.environ, "LD_BIND_NOW": "1"},
            )
        except BaseException:
            os.close(self._errors)
            raise
        finally:
            if cpus:
                os.sched_setaffinity(0, here)
        self.pid = self._process.pid
        assert self._process.stdin and self._process.stdout
        try:
            self._process.stdin.write(json.dumps(config).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once; receive() says why

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def receive(self, timeout_s: float) -> Message | None:
        """The child's next message; None when it has closed its end. Raises TimeoutError."""
        deadline = time.monotonic() + timeout_s
        assert self._process.stdout
        fd = self._process.stdout.fileno()
        while b"\n" not in self._unread:
            remaining = deadline - time.monotonic()
            if remaining <= 0 or not select.select([fd], [], [], remaining)[0]:
                raise TimeoutError(f"no message from child process {self.pid} within {timeout_s:g} s")
            data = os.read(fd, 65536)
            if not data:
                return None
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        message: Message = json.loads(line)
        return message

    def expect(self, timeout_s: float) -> Message:
        """The child's next message; raises the error that the child reports, or NetlabError when it crashed."""
        message = self.receive(timeout_s)
        if message is None:
            code = self.wait(2.0)
            raise NetlabError(f"child process {self.pid} ended unexpectedly ({_ended(code)})", self.last_words())
        if "error" in message:
            raise reported(message)
        return message

    def last_words(self) -> str | None:
        """The last line that the child wrote to stderr."""
        if self._errors < 0:
            return self._words
        size = os.fstat(self._errors).st_size
        text = os.pread(self._errors, 4096, max(0, size - 4096)).decode(errors="replace").strip()
        return text.splitlines()[-1] if text else None

    def terminate(self) -> None:
        """Ask the child to stop in order (SIGTERM)."""
        if self._process.poll() is None:
            self._process.terminate()

    def alive(self) -> bool:
        """True while the child runs."""
        return self._process.poll() is None

    def wait(self, timeout_s: float) -> int | None:
        """The child's exit code (negative: the signal that ended it); None if it still runs after `timeout_s`."""
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """End the child and everything in its process group. Called again, it does nothing."""
        if self._errors < 0:
            return
        if self._process.stdin:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                pass
        for _ in range(30):
            self.terminate()  # again and again: it may have been about to block (servers/stopping.py)
            if self.wait(0.1) is not None:
                break
        else:
            self._process.kill()
            self._process.wait()
        try:
            os.killpg(self.pid, signal.SIGKILL)  # grandchildren, if the child could not see them out
        except (ProcessLookupError, PermissionError):
            pass
        if self._process.stdout:
            self._process.stdout.close()
        self._words = self.last_words()
        os.close(self._errors)
        self._errors = -1


def reported(message: Message) -> NetlabError:
    """The error that a child reports in `message`."""
    error = NetlabError(message["error"], message.get("hint"))
    error.exit_code = message.get("exit_code", 1)
    return error


def _ended(code: int | None) -> str:
    if code is None:
        return "still running"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

"""A child process: what its parent hears of it, and that it ends with its parent, whatever the parent's end is like.

The children here run functions of the standard library with one argument, and of netlab.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from netlab.child.handle import Child, Message, reported
from netlab.errors import MachineLacks, NetlabError, UsageError

PACKAGE_PARENT = Path(__file__).resolve().parents[2]
ECHO = "netlab.child.child_side:send"  # says to its parent what it has been told
SLEEP = "time:sleep"
SHELL = "os:system"


def child(function: str, config: Any, **more: Any) -> Child:
    """A child whose configuration may be any JSON value."""
    return Child(function, cast(Message, config), **more)


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.002)


def descriptors() -> int:
    return psutil.Process().num_fds()


def is_gone(pid: int) -> bool:
    """Whether a process does not run any more; one that nobody has waited for yet is gone as well."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def group(leader: int) -> list[int]:
    """The processes in the group of `leader` that run."""
    members = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == leader and not is_gone(process.pid):
                members.append(process.pid)
        except ProcessLookupError:
            continue
    return members


@pytest.mark.parametrize("config", [{}, {"a": [1, None, "ü"], "b": {"c": 1.5}}, {"long": "x" * 300_000}])
def test_what_a_child_is_told_and_what_it_says_arrive_whole(config: Message) -> None:
    with Child(ECHO, config) as running:
        assert running.expect(10) == config
        assert running.wait(10) == 0


def test_messages_come_one_by_one_however_they_were_written() -> None:
    with child(SHELL, r"""printf '{"n":1}\n{"n":2}\n{"n"'; printf ':3}\n'""") as running:
        assert [running.receive(10) for _ in range(3)] == [{"n": 1}, {"n": 2}, {"n": 3}]
        assert running.receive(10) is None


def test_a_child_that_says_nothing_in_time_is_a_timeout_and_still_runs() -> None:
    with child(SLEEP, 60) as running:
        with pytest.raises(TimeoutError, match=f"{running.pid} within 0.05 s"):
            running.receive(0.05)
        assert running.alive()


@pytest.mark.parametrize("kind", [UsageError, MachineLacks, NetlabError])
def test_an_error_keeps_its_words_and_its_exit_code_across_the_line(kind: type[NetlabError]) -> None:
    error = reported({"error": "it is so", "hint": "do this", "exit_code": kind.exit_code})
    assert (error.message, error.hint, error.exit_code) == ("it is so", "do this", kind.exit_code)


def test_an_error_of_the_child_is_raised_in_the_parent() -> None:
    config = {"transport": "tcp", "host": "no.such.host.invalid", "port": 0, "reuse_port": False, "limits": {}}
    with Child("netlab.servers.child:main", config) as running:
        with pytest.raises(NetlabError, match="no address of this machine") as caught:
            running.expect(10)
        assert caught.value.exit_code == UsageError.exit_code
        assert running.wait(10) == UsageError.exit_code


def test_a_crash_says_how_it_ended_and_what_was_said_last() -> None:
    with child("os:listdir", "/no/such/folder") as running:
        with pytest.raises(NetlabError, match="ended unexpectedly \\(exit code 1\\)") as caught:
            running.expect(10)
        assert caught.value.hint == "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/folder'"


def test_a_violent_end_names_the_signal() -> None:
    with child("signal:raise_signal", int(signal.SIGSEGV)) as running:
        with pytest.raises(NetlabError, match="SIGSEGV"):
            running.expect(10)
        assert running.wait(10) == -signal.SIGSEGV


def test_a_function_that_does_not_exist_is_a_crash_that_says_so() -> None:
    with child("os:no_such_function", {}) as running, pytest.raises(NetlabError) as caught:
        running.expect(10)
    assert caught.value.hint and "no_such_function" in caught.value.hint


def test_the_last_words_can_be_read_after_the_end() -> None:
    running = child(SHELL, "echo one >&2; echo two >&2")
    running.wait(10)
    running.close()
    assert running.last_words() == "two"


def test_last_words_are_words_although_a_lot_was_said() -> None:
    with child(SHELL, "yes x | head -100000 >&2; echo the end >&2") as running:
        running.wait(10)
        assert running.last_words() == "the end"


def test_a_child_that_was_silent_has_no_last_words() -> None:
    with child(SLEEP, 0) as running:
        running.wait(10)
        assert running.last_words() is None


def test_wait_is_bounded_and_gives_the_exit_code() -> None:
    with child(SLEEP, 60) as running:
        assert running.wait(0.01) is None
        running.terminate()
        assert running.wait(10) == -signal.SIGTERM
        assert not running.alive()
        running.terminate()  # nobody there any more: nothing happens
    with child("os:_exit", 7) as running:
        assert running.wait(10) == 7


def test_a_child_runs_on_the_cpus_it_is_given_and_we_stay_on_ours() -> None:
    before = os.sched_getaffinity(0)
    with child(SLEEP, 60, cpus=[max(before)]) as running:
        assert psutil.Process(running.pid).cpu_affinity() == [max(before)]
        assert os.sched_getaffinity(0) == before


def test_a_cpu_that_does_not_exist_leaves_nothing_behind() -> None:
    before, cpus = descriptors(), os.sched_getaffinity(0)
    with pytest.raises(OSError, match="Invalid argument"):
        child(SLEEP, 60, cpus=[100_000])
    assert descriptors() == before
    assert os.sched_getaffinity(0) == cpus


def test_an_interpreter_that_cannot_be_started_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FileNotFoundError):
        child(SLEEP, 60)
    assert descriptors() == before


def test_a_child_gets_the_descriptors_that_are_passed_and_no_others() -> None:
    secret, shared = os.memfd_create("secret"), os.memfd_create("shared")
    os.set_inheritable(secret, True)
    try:
        with child(SHELL, "echo '{}'; sleep 60", pass_fds=[shared]) as running:
            assert running.receive(10) == {}  # from now on it only waits
            links = {str(link.readlink()) for link in Path(f"/proc/{running.pid}/fd").iterdir()}
            assert any("shared" in link for link in links)
            assert not any("secret" in link for link in links)
    finally:
        os.close(secret)
        os.close(shared)


def test_a_child_leads_a_session_so_that_ctrl_c_reaches_the_parent_alone() -> None:
    with child(SLEEP, 60) as running:
        assert os.getpgid(running.pid) == os.getsid(running.pid) == running.pid


def test_close_leaves_no_descriptor_and_no_process() -> None:
    before = descriptors()
    running = child(SHELL, "sleep 60 & sleep 60 & wait")
    until(lambda: len(group(running.pid)) >= 4, "the grandchildren are there")
    running.close()
    until(lambda: not group(running.pid), "the whole group has ended")
    assert descriptors() == before


def test_close_can_be_done_twice() -> None:
    running = child(SLEEP, 60)
    running.close()
    fd = os.open(os.devnull, os.O_RDONLY)  # takes a number that has become free
    running.close()
    assert os.fstat(fd)
    os.close(fd)


def test_close_ends_grandchildren_that_ignore_sigterm() -> None:
    running = child(SHELL, "trap '' TERM; sleep 61 & echo '{}'; wait")
    assert running.receive(10) == {}
    until(lambda: len(group(running.pid)) >= 3, "the grandchild is there")
    running.close()
    until(lambda: not group(running.pid), "the whole group has ended")


def test_leaving_by_an_exception_ends_the_child_as_well() -> None:
    with pytest.raises(ZeroDivisionError), child(SLEEP, 60) as running:
        1 / 0  # noqa: B018
    assert is_gone(running.pid)


PARENT = f"""
import signal, sys
from netlab.child.handle import Child
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have had it ignored: nohup(1)
child = Child(sys.argv[1], sys.argv[2] if sys.argv[1] == {SHELL!r} else 60)
print(child.pid, flush=True)
signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_when_the_parent_is_killed_the_child_and_its_children_end(number: signal.Signals) -> None:
    """The lifeline: the pipe to the child's standard input closes, and the kernel signals the child's group."""
    command = [sys.executable, "-c", PARENT, SHELL, "sleep 60 & sleep 60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PACKAGE_PARENT) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        try:
            until(lambda: len(group(pid)) >= 3, "the grandchildren are there")
            parent.send_signal(number)
            until(lambda: not group(pid), "the whole group has ended")
        finally:
            parent.kill()


def test_a_parent_that_dies_before_the_child_has_started_takes_it_along() -> None:
    """Before the lifeline is armed: the child finds the pipe closed, or no configuration to read."""
    for _ in range(5):
        with subprocess.Popen(
            [sys.executable, "-c", PARENT.replace("signal.pause()", "import os; os.kill(os.getpid(), 9)"), SLEEP],
            stdout=subprocess.PIPE,
            cwd=PACKAGE_PARENT,
        ) as parent:
            assert parent.stdout
            pid = int(parent.stdout.readline())
            parent.wait(10)
            until(lambda pid=pid: is_gone(pid), "the child has ended")  # type: ignore[misc]


def test_a_child_imports_neither_site_nor_anything_of_ours_that_it_does_not_need() -> None:
    """A server that forks pays for every page it has touched."""
    probe = 'import sys; print(len([m for m in sys.modules if m.startswith(("rich", "typer", "psutil", "site"))]))'
    boot = "from netlab.servers import acceptor, child, echo, event_loop_connections, stopping, workers"
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(PACKAGE_PARENT)!r}); {boot}; {probe}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "0\n"

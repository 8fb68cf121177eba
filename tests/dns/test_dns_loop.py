"""The loop under all DNS sockets: how it is stopped."""

from __future__ import annotations

from netlab.dns.loop import Loop


def too_late() -> None:
    raise AssertionError("the loop was to stop, and runs on")


def test_a_stop_that_comes_before_it_runs_is_not_lost() -> None:
    """SIGTERM may come while a server is still being set up."""
    loop = Loop()
    loop.after(10, too_late)
    loop.stop()
    loop.stop()
    loop.run()
    loop.close()


def test_it_can_run_again_and_waits_again() -> None:
    loop = Loop()
    done: list[str] = []
    for name in ("first", "second"):
        loop.after(0.01, lambda name=name: done.append(name))  # type: ignore[misc]
        loop.after(0.02, loop.stop)
        loop.run()
    loop.turn(0.0)  # and nothing is left that would wake it
    assert done == ["first", "second"]
    loop.close()

"""Pressing Tab: what a shell is told could come next."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlab.report import store
from netlab.report.record import Report


def completed(netlab, words: str) -> list[str]:  # type: ignore[no-untyped-def]
    """What bash would be offered after these words."""
    done = netlab(COMP_WORDS=words, COMP_CWORD=str(words.count(" ")), _NETLAB_COMPLETE="complete_bash")
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("netlab tcp-com", ["tcp-compare"]),
        ("netlab tcp-server --mode epoll-", ["epoll-et", "epoll-multi"]),
        ("netlab udp-server --mode b", ["batch"]),
        ("netlab udp-server --mode pre", []),
        ("netlab tcp-compare --modes select,ep", ["select,epoll", "select,epoll-et", "select,epoll-multi"]),
        ("netlab udp-compare --modes epoll,ep", ["epoll,epoll-multi"]),
        ("netlab modes bat", ["batch"]),
        ("netlab runs sh", ["show"]),
    ],
)
def test_values_are_completed_as_well(netlab, words: str, offered: list[str]) -> None:  # type: ignore[no-untyped-def]
    assert completed(netlab, words) == offered


def test_runs_are_completed(netlab, report: Report, own_state_folder: Path) -> None:  # type: ignore[no-untyped-def]
    store.save(report)
    assert completed(netlab, "netlab runs show ") == ["last", report.id[-4:]]

"""What the kernel has taken: files of both cgroup versions, and what is counted for sockets."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from netlab.linux import kernel_memory, machine


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_a_cgroup_leaves_what_its_limit_says_and_what_can_be_given_up(tmp_path: Path) -> None:
    stat = "anon 5\ninactive_file 100\n"
    second = written(tmp_path, memory__max="1000", memory__current="700", memory__stat=stat)
    assert kernel_memory._cgroup_left(second) == 400


def test_the_same_in_version_one(tmp_path: Path) -> None:
    first = written(
        tmp_path, memory__limit_in_bytes="1000\n", memory__usage_in_bytes="900\n", memory__stat="inactive_file 0\n"
    )
    assert kernel_memory._cgroup_left(first) == 100


@pytest.mark.parametrize("limit", ["max", ""])
def test_without_a_limit_nothing_is_said(tmp_path: Path, limit: str) -> None:
    folder = written(tmp_path, memory__max=limit, memory__current="700", memory__stat="inactive_file 1\n")
    assert kernel_memory._cgroup_left(folder) is None
    assert kernel_memory._cgroup_left(tmp_path / "none") is None


def test_what_is_available_is_no_more_than_there_is() -> None:
    total, _ = machine.memory()
    available = kernel_memory.available_bytes()
    assert total is not None and available is not None and 0 < available < total


def test_a_look_and_the_sockets_in_use() -> None:
    look = kernel_memory.look()
    assert look.slab and look.available and look.tcp_buffers is not None
    with socket.create_server(("127.0.0.1", 0)):
        assert kernel_memory.sockstat()["TCP inuse"] >= 1

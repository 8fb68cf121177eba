"""What the kernel has taken: files of both cgroup versions, and what is counted for sockets."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from netlab.linux import cgroup, kernel_memory, machine, meminfo


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_a_cgroup_leaves_what_its_limit_says_and_what_can_be_given_up(tmp_path: Path) -> None:
    stat = "anon 5\ninactive_file 100\n"
    second = written(tmp_path, memory__max="1000", memory__current="700", memory__stat=stat)
    assert cgroup._memory_left(second) == 400


def test_the_same_in_version_one(tmp_path: Path) -> None:
    first = written(
        tmp_path, memory__limit_in_bytes="1000\n", memory__usage_in_bytes="900\n", memory__stat="inactive_file 0\n"
    )
    assert cgroup._memory_left(first) == 100


@pytest.mark.parametrize("limit", ["max", ""])
def test_without_a_limit_nothing_is_said(tmp_path: Path, limit: str) -> None:
    folder = written(tmp_path, memory__max=limit, memory__current="700", memory__stat="inactive_file 1\n")
    assert cgroup._memory_left(folder) is None
    assert cgroup._memory_left(tmp_path / "none") is None


VERSION_ONE = "9:pids:/user/me\n4:cpu,memory:/user/me\n1:name=systemd:/init\n"


def test_the_groups_above_ours_bind_us_as_well(tmp_path: Path) -> None:
    def found(text: str, controller: str) -> list[str]:
        return [str(folder.relative_to(tmp_path)) for folder in cgroup.folders(text, controller, tmp_path)]

    assert found("0::/user/me\n", "memory") == found("0::/user/me\n", "pids") == ["user/me", "user", "."]
    assert found(VERSION_ONE, "memory") == ["memory/user/me", "memory/user", "memory"]
    assert found(VERSION_ONE, "pids") == ["pids/user/me", "pids/user", "pids"]
    assert found("0::/../..\n", "pids")[-1] == "." and found("", "pids") == []


def test_the_smallest_limit_on_the_way_up_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "user" / "me"
    own.mkdir(parents=True)
    written(own, pids__max="max\n")
    written(own.parent, pids__max="4321\n", memory__max="90", memory__current="40", memory__stat="inactive_file 1\n")
    written(tmp_path, pids__max="99999\n")
    monkeypatch.setattr(cgroup, "_own_folders", lambda of: list(cgroup.folders("0::/user/me\n", of, tmp_path)))
    assert (cgroup.most_processes(), cgroup.memory_left_bytes()) == (4321, 51)


def test_meminfo_is_in_kilobytes_of_1024() -> None:
    text = "MemTotal:        2048 kB\nMemAvailable:   17 kB\nHugePages_Total:       3\n\n"
    assert meminfo.parse(text) == {"MemTotal": 2048 * 1024, "MemAvailable": 17 * 1024}
    with pytest.raises(ValueError):
        meminfo.parse("MemTotal: much kB")


def test_what_is_available_is_no_more_than_there_is() -> None:
    total, _ = machine.memory()
    available = kernel_memory.available_bytes()
    assert total is not None and available is not None and 0 < available < total


def test_a_look_and_the_sockets_in_use() -> None:
    look = kernel_memory.look()
    assert look.slab and look.available and look.tcp_buffers is not None
    with socket.create_server(("127.0.0.1", 0)):
        assert kernel_memory.sockstat()["TCP inuse"] >= 1

"""One origin for all of these tests: HTTP and HTTPS, a folder of files, a folder of raw responses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netlab.http_origin import Origin, Settings


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files to serve: a page, a folder, links that stay inside and links that lead out, a FIFO."""
    import os

    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.txt").write_text("secret")
    top = tmp_path_factory.mktemp("top")
    (top / "page.html").write_text("<p>page</p>\n")
    (top / "digits.bin").write_bytes(bytes(range(256)) * 400)
    (top / "empty").write_bytes(b"")
    (top / "a b?c#%&<é>.txt").write_text("odd name")
    (top / "sub").mkdir()
    (top / "sub" / "index.html").write_text("index of sub")
    (top / "list").mkdir()
    (top / "list" / "<b>.txt").write_text("x")
    (top / "inside").symlink_to("page.html")
    (top / "out-file").symlink_to(outside / "secret.txt")
    (top / "out-folder").symlink_to(outside)
    (top / "dangling").symlink_to("nowhere")
    os.mkfifo(top / "fifo")
    (top.parent / (top.name + "-sibling")).mkdir()
    (top.parent / (top.name + "-sibling") / "secret.txt").write_text("secret")
    (top / "to-sibling").symlink_to(top.parent / (top.name + "-sibling"))
    return top


@pytest.fixture(scope="session")
def wire_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw responses."""
    top = tmp_path_factory.mktemp("wire")
    (top / "mine").write_bytes(b"HTTP/1.1 299 Mine\r\nContent-Length: 4\r\n\r\nmine")
    return top


@pytest.fixture(scope="session")
def origin(folder: Path, wire_folder: Path) -> Iterator[Origin]:
    """The origin. Its short waits are not what is tested here: see test_origin_rough.py."""
    settings = Settings(tls_port=0, directory=str(folder), wire_dir=str(wire_folder))
    with Origin(settings=settings) as running:
        yield running
        assert running.alive()


@pytest.fixture(scope="session")
def bare() -> Iterator[Origin]:
    """An origin without folders, whose patience is short."""
    settings = Settings(idle_s=1.0, head_s=1.0, body_s=1.0, write_s=1.0, drain_s=0.3, max_connections=40)
    with Origin(settings=settings) as running:
        yield running
        assert running.alive()

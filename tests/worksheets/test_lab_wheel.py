"""An installed netlab has its worksheets with it: a real wheel, unpacked away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from labwork import LABS, every_worksheet

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel was unpacked into."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_carries_every_worksheet_whole(installed: Path) -> None:
    sheets = installed / "netlab" / "worksheets" / "sheets"
    for lab in every_worksheet():
        for name in ("lab.toml", "worksheet.md", "worksheet.zh.md"):
            assert (sheets / lab / name).read_bytes() == (LABS / lab / name).read_bytes()
    assert (sheets / "glossary.md").exists()


def test_the_installed_netlab_finds_and_verifies_them(installed: Path, tmp_path: Path) -> None:
    def lab(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "netlab", "lab", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(installed)},
        )

    where = "import netlab; print(netlab.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    said = subprocess.run([sys.executable, "-c", where], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert said.stdout.startswith(str(installed))
    done = lab("verify", "--static")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(name in done.stdout for name in every_worksheet())
    assert "接更多项目的四种方式" in lab("show", "four", "--lang", "zh").stdout

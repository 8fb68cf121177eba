"""`netlab mac` as its user types it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema
import pytest

Netlab = Callable[..., "CompletedProcess[str]"]
DOCS = Path(__file__).parents[2] / "docs"
REPORT, LINES = (json.loads((DOCS / f"{name}.schema.json").read_text()) for name in ("report", "lines"))


@pytest.mark.parametrize(
    "text", ["00:1b:21:aa:bb:cc", "00-1B-21-AA-BB-CC", "001b.21aa.bbcc", "001b21aabbcc", "0:1b:21:aa:bb:cc"]
)
def test_every_notation_is_the_same_address(netlab: Netlab, text: str) -> None:
    said = " ".join(netlab("mac", text).stdout.split())
    for each in (
        "00:1b:21:aa:bb:cc",
        "00-1B-21-AA-BB-CC",
        "001b.21aa.bbcc",
        "001b21aabbcc",
        "Intel Corporate",
        "MA-L 00:1b:21/24",
        "021b:21ff:feaa:bbcc",
        "fe80::21b:21ff:feaa:bbcc",
        "assignments",
    ):
        assert each in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("70:b3:d5:00:1f:ff", "MA-S 70:b3:d5:00:10/36"),  # the longest match
        ("ff:ff:ff:ff:ff:ff", "broadcast"),
        ("01:00:5e:00:00:fb", "224.0.0.251, "),
        ("01:00:5e:00:00:fb", "IPv4 groups 32"),
        ("33:33:00:00:00:01", "ff02::1, for one"),
        ("33:33:ff:00:00:01", "ff02::1:ff00:1, for one"),
        ("224.128.0.251", "01:00:5e:00:00:fb"),
        ("ff02::1:ffaa:bbcc", "33:33:ff:aa:bb:cc"),
        ("02:00:00:00:00:01", "a local address has none"),
        ("0a:00:00:00:00:01", "Y=0 Z=1"),
        ("0a:00:00:00:00:01", "quadrant 01, ELI"),
        ("0e:00:00:00:00:01", "quadrant 11, SAI"),
        ("06:00:00:00:00:01", "quadrant 10, reserved"),
        ("01:00:5e:00:00:fb", "a group has none (RFC 4291 §2.5.1)"),
        ("00:1b:21:ff:fe:aa:bb:cc", "EUI-64"),
    ],
)
def test_an_address_is_explained(netlab: Netlab, text: str, said: str) -> None:
    done = netlab("mac", text)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in " ".join(done.stdout.split())
    jsonschema.validate(json.loads(netlab("mac", text, "--json").stdout), REPORT)


@pytest.mark.parametrize(
    "text", ["123", "0٠:1b:21:aa:bb:cc", "00:1b-21:aa:bb:cc", "00:1b:21:aa:bb", "10.0.0.1", "eth0"]
)
def test_wrong_forms_are_errors(netlab: Netlab, text: str) -> None:
    for more in ((), ("--json",)):
        done = netlab("mac", text, *more)
        assert (done.returncode, done.stdout) == (2, "")
        assert 1 <= len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("10.0.0.1", "netlab cidr 10.0.0.1"),
        ("fe80::1%eth0/64", "netlab cidr fe80::1/64"),
        ("00:1b:21:aa:bb:cc/24", "did you mean 00:1b:21:aa:bb:cc?"),
        ("help", "netlab mac --help"),
    ],
)
def test_what_was_meant_is_offered(netlab: Netlab, text: str, hint: str) -> None:
    assert f"hint: {hint}\n" in netlab("mac", text).stderr


def test_mtu_is_in_bytes_and_no_word_is_null(netlab: Netlab) -> None:
    document = json.loads(netlab("mac", "--json").stdout)
    table = document["measurement"]["tables"][0]
    names = [column["name"] for column in table["columns"]]
    loopback = next(row for row in table["rows"] if row[0] == "lo")
    mtu, kind = loopback[names.index("MTU in bytes")], loopback[names.index("U/L")]
    assert kind is None
    assert f" {mtu:,} " in next(line for line in netlab("mac").stdout.splitlines() if line.startswith("  lo "))


@pytest.mark.parametrize("command", ["interfaces", "neighbours", ""])
def test_this_machine(netlab: Netlab, command: str) -> None:
    done = netlab("mac", *command.split(), "--json")
    assert done.returncode == 0, done.stderr
    jsonschema.validate(json.loads(done.stdout), REPORT)
    assert netlab("mac", *command.split()).returncode == 0


def test_random_ones_are_local_and_of_one_station(netlab: Netlab) -> None:
    found = netlab("mac", "random", "--count", "40").stdout.split()
    assert len(set(found)) == 40
    for text in found:
        assert re.fullmatch("[0-9a-f]{2}(:[0-9a-f]{2}){5}", text)
        assert int(text[:2], 16) & 3 == 2
    document = json.loads(netlab("mac", "random", "--json").stdout)
    jsonschema.validate(document, LINES)
    assert len(document["results"]) == 1


def test_assignments_of_a_vendor(netlab: Netlab) -> None:
    document = json.loads(netlab("mac", "vendor", "raspberry pi", "--json").stdout)
    jsonschema.validate(document, LINES)
    assert {"assignment": "b8:27:eb/24", "registry": "MA-L", "vendor": "Raspberry Pi Foundation"} in document["results"]
    assert "b8:27:eb/24" in netlab("mac", "vendor", "RASPBERRY").stdout


def test_a_vendor_that_is_none(netlab: Netlab) -> None:
    done = netlab("mac", "vendor", "no such company")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no vendor" in done.stderr

"""`netlab cidr` as its user types it: what it prints, how it ends, and what it does with what is wrong."""

from __future__ import annotations

import ipaddress
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
    ("line", "said"),
    [
        ("10.100.122.2/24", ["network 10.100.122.0/24", "broadcast 10.100.122.255", "first usable 10.100.122.1"]),
        ("10.100.122.2 255.255.255.0", ["network 10.100.122.0/24", "Private-Use RFC 1918"]),
        ("10.100.122.2/0.0.0.255", ["netmask 255.255.255.0", "wildcard mask 0.0.0.255"]),
        ("10.0.0.1", ["integer 167772161", "hexadecimal 0x0a000001", f"binary 00001010{'0' * 23}1"]),
        ("10.100.122.2", ["netmask 255.255.255.255", "a /32 has none", "usable addresses 1 "]),
        ("192.0.2.0/31", ["a /31 has none (RFC 3021)", "usable addresses 2 "]),
        ("2001:db8::/127", ["IPv6 has none", "usable addresses 2 ", "both usable (RFC 6164)"]),
        ("0.0.0.0/0", ["usable addresses 4,294,967,294", "addresses 4,294,967,296"]),
        ("::/0", ["addresses 340,282,366,920,938,463,463,374,607,431,768,211,456"]),
        ("fe80::1%eth0/64", ["zone eth0 (RFC 4007)", f"reverse name {'1.' + '0.' * 28}8.e.f.ip6.arpa"]),
        ("::ffff:192.0.2.1", ["address ::ffff:192.0.2.1", "IPv4-mapped 192.0.2.1"]),
        ("2002:c000:201::1", ["6to4 192.0.2.1", "globally reachable N/A"]),
        ("8.8.8.8/20", ["1 of 16: /20 ends inside of an octet", "globally reachable true"]),
    ],
)
def test_an_address_is_explained(netlab: Netlab, line: str, said: list[str]) -> None:
    done = netlab("cidr", *line.split(), COLUMNS="120")
    assert (done.returncode, done.stderr) == (0, "")
    words = " ".join(done.stdout.split())
    for each in said:
        assert each in words


def test_the_and_is_drawn_with_its_boundary(netlab: Netlab) -> None:
    drawing = netlab("cidr", "10.100.122.2/20").stdout.splitlines()[1:6]
    boundaries = {line.index("│") for line in drawing if "AND" not in line}
    assert len(boundaries) == 1
    assert drawing[0].endswith("00001010.01100100.0111│1010.00000010")
    assert drawing[1].endswith("11111111.11111111.1111│0000.00000000")
    assert drawing[3].endswith("00001010.01100100.0111│0000.00000000")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("split 10.0.0.0/24 --length 26", "10.0.0.0/26 10.0.0.64/26 10.0.0.128/26 10.0.0.192/26"),
        ("split 10.0.0.0/24 --length /25", "10.0.0.0/25 10.0.0.128/25"),
        ("split 2001:db8::/32 --count 2", "2001:db8::/33 2001:db8:8000::/33"),
        ("split 10.0.0.0/25 --hosts 60,60", "10.0.0.0/26 60 hosts of 62 10.0.0.64/26 60 hosts of 62"),
        ("split 10.0.0.0/25 --hosts 60", "10.0.0.0/26 60 hosts of 62 10.0.0.64/26 left over"),
        ("range 10.0.0.5 10.0.0.8", "10.0.0.5/32 10.0.0.6/31 10.0.0.8/32"),
        ("range ::1-::2", "::1/128 ::2/128"),
        ("merge 10.0.0.0/25 10.0.0.128/25 ::/1 8000::/1", "10.0.0.0/24 ::/0"),
        ("merge 10.0.1.0/24 10.0.2.0/24", "10.0.1.0/24 10.0.2.0/24"),  # neighbours, but not of one /23
        ("merge 192.0.2.0/25 ::ffff:192.0.2.128/121", "192.0.2.0/25 ::ffff:192.0.2.128/121"),
        ("cover 10.0.1.0/24 10.0.2.0/24 ::1 ::8", "10.0.0.0/22 ::/124"),
        ("subtract 10.0.0.0/24 --without 10.0.0.64/26", "10.0.0.0/26 10.0.0.128/25"),
        ("subtract ::/126 --without ::1 --without ::2/127", "::/128"),
        ("lookup 10.0.0.0/8 10.1.2.3 11.0.0.1", "10.1.2.3 10.0.0.0/8 11.0.0.1 -"),
        ("reverse 192.0.2.1", "1.2.0.192.in-addr.arpa"),
        ("reverse 192.0.2.0/23", "2.0.192.in-addr.arpa 3.0.192.in-addr.arpa"),
        ("reverse 2001:db8::/31", "8.b.d.0.1.0.0.2.ip6.arpa 9.b.d.0.1.0.0.2.ip6.arpa"),
        ("list 10.0.0.0/30", "10.0.0.0 10.0.0.1 10.0.0.2 10.0.0.3"),
        ("list 10.0.0.0/30 --usable", "10.0.0.1 10.0.0.2"),
        ("list 10.0.0.0/31 --usable", "10.0.0.0 10.0.0.1"),
        ("list 255.255.255.254/31 --usable", "255.255.255.254"),
        ("split 0.0.0.0/0 --hosts 4294967294", "0.0.0.0/0 4294967294 hosts of 4294967294"),
        ("contains 10.0.0.0/8 10.1.0.0/16", "10.1.0.0/16 in 10.0.0.0/8"),
    ],
)
def test_prefixes_in_prefixes_out(netlab: Netlab, line: str, said: str) -> None:
    done = netlab("cidr", *line.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert " ".join(done.stdout.split()) == said
    document = json.loads(netlab("cidr", *line.split(), "--json").stdout)
    jsonschema.validate(document, LINES)
    assert document["command"] == f"cidr {line.split()[0]}"
    assert len(document["results"]) == (1 if line.startswith("reverse") else len(done.stdout.splitlines()))
    assert document["errors"] == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("192.168.0.2/24 192.168.1.2", "answer gateway"),
        ("192.168.0.2/16 192.168.1.2", "answer local"),
        ("2001:db8::1/64 2001:db8::2", "answer local"),
        ("10.0.0.1/24 10.0.0.200/25", "B thinks otherwise"),
        ("10.0.0.1/24 10.0.0.0", "the network's own address"),
        ("10.0.0.1/24 10.0.0.1", "answer itself"),
        ("10.0.0.1/24 127.0.0.1", "answer itself"),
        ("2001:db8::1/64 ::1", "answer itself"),
        ("10.0.0.1/24 10.0.0.255", "answer broadcast"),
        ("10.0.0.1/24 255.255.255.255", "answer broadcast"),
        ("10.0.0.1/24 0.0.0.0", "answer nowhere"),
        ("2001:db8::1/64 ::", "answer nowhere"),
        ("10.0.0.1/24 224.0.0.251", "its MAC address, 01:00:5e:00:00:fb,"),
        ("2001:db8::1/64 ff02::fb", "its MAC address, 33:33:00:00:00:fb,"),
        ("2001:db8::1/64 fe80::9", "answer local"),
        ("10.0.0.1/24 169.254.3.4", "answer local"),
        ("fe80::1/64 2001:db8::1", "answer no way"),
        ("127.0.0.1/8 10.0.0.1", "answer no way"),
        ("fe80::1%eth0/64 fe80::2%eth0", "answer local"),
        ("fe80::1%eth0/64 fe80::2%eth1", "answer different links"),
    ],
)
def test_local_or_by_the_gateway(netlab: Netlab, line: str, answer: str) -> None:
    done = netlab("cidr", "same-net", *line.split())
    assert done.returncode == 0
    assert answer in " ".join(done.stdout.split())
    jsonschema.validate(json.loads(netlab("cidr", "same-net", *line.split(), "--json").stdout), REPORT)


def test_the_bits_drawn_have_the_one_that_differs(netlab: Netlab) -> None:
    for other in ("2001:db9::2", "2001:db8:0:1::2", "::1:2:3:4", "2001:db8:8000::2"):
        drawing = netlab("cidr", "same-net", "2001:db8::1/64", other).stdout.splitlines()
        ours, theirs = (next(line for line in drawing if line.startswith(f"  {name}")) for name in ("A's", "B's"))
        assert ours.split()[3:] != theirs.split()[3:]


@pytest.mark.parametrize(
    "to", ["255.255.255.255", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "fe80::9", "169.254.9.9", "127.9.9.9", "::1"]
)
def test_to_what_no_mask_decides_on_needs_no_gateway(netlab: Netlab, to: str) -> None:
    done = netlab("cidr", "--to", to, "--json")
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)["measurement"]["tables"][0]
    at = [column["name"] for column in table["columns"]].index(f"to {to}")
    assert "gateway" not in [row[at] for row in table["rows"]]


def test_what_is_not_contained_is_exit_code_1(netlab: Netlab) -> None:
    done = netlab("cidr", "contains", "10.0.0.0/8", "10.0.0.1", "11.0.0.1", "::ffff:10.0.0.1", "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    jsonschema.validate(document, LINES)
    assert [row["contained"] for row in document["results"]] == [True, False, False]


@pytest.mark.parametrize("arguments", [["10.0.0.1/24"], ["2001:db8::1/64"], ["interfaces"], ["--to", "127.0.0.1"]])
def test_reports_follow_their_schema(netlab: Netlab, arguments: list[str]) -> None:
    done = netlab("cidr", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    jsonschema.validate(json.loads(done.stdout), REPORT)


@pytest.mark.parametrize("given", ["10.0.0.1/24", "::/0", "2001:db8::1/64", "224.0.0.0/4", "0.0.0.0/0"])
def test_numbers_are_numbers_in_json_however_large(netlab: Netlab, given: str) -> None:
    document = json.loads(netlab("cidr", given, "--json").stdout)
    facts = {fact["name"]: fact["value"] for fact in document["measurement"]["facts"]}
    assert {type(facts[name]) for name in ("usable addresses", "addresses", "integer", "prefix length")} == {int}
    network = ipaddress.ip_interface(given).network
    assert facts["addresses"] == network.num_addresses
    assert facts["integer"] == int(ipaddress.ip_interface(given).ip)


@pytest.mark.parametrize(
    "prefix", ["224.0.0.0/30", "0.0.0.0/30", "255.255.255.252/30", "2001:db8::/126", "10.0.0.0/29"]
)
def test_report_list_and_random_agree_on_who_may_have_an_address(netlab: Netlab, prefix: str) -> None:
    document = json.loads(netlab("cidr", prefix, "--json").stdout)
    count = next(each["value"] for each in document["measurement"]["facts"] if each["name"] == "usable addresses")
    listed = netlab("cidr", "list", prefix, "--usable").stdout.split()
    chosen = netlab("cidr", "random", prefix, "--count", "200").stdout.split()
    assert len(listed) == count
    assert set(chosen) == set(listed)


def test_bare_lists_the_loopback_of_this_machine(netlab: Netlab) -> None:
    done = netlab("cidr", COLUMNS="120")
    assert done.returncode == 0
    assert "127.0.0.1/8" in done.stdout
    assert "127.0.0.0/8" in done.stdout


@pytest.mark.parametrize("columns", ["40", "60", "80"])
@pytest.mark.parametrize("arguments", [(), ("--to", "2001:db8:1111:2222:3333:4444:5555:6666")])
def test_no_address_is_broken_on_a_narrow_terminal(netlab: Netlab, columns: str, arguments: tuple[str, ...]) -> None:
    document = json.loads(netlab("cidr", *arguments, "--json").stdout)
    table = document["measurement"]["tables"][0]
    names = [column["name"] for column in table["columns"]]
    said = netlab("cidr", *arguments, COLUMNS=columns).stdout
    blocks = said.split("\n\n")
    for row in table["rows"]:
        cells = dict(zip(names, row, strict=True))
        head = f"{cells['address']}  on {cells['interface']}, {cells['state']}\n"
        block = next(each.removeprefix("\n") + "\n" for each in blocks if each.lstrip("\n").startswith(head[:-1]))
        for name in set(names) - {"address", "interface", "state"}:
            if cells[name] is not None:
                assert re.search(rf"^  {'way there' if name.startswith('to ') else name}( |$)", block, re.MULTILINE)
                assert f"  {cells[name]}\n" in block


def test_to_myself_is_local_and_the_kernel_agrees(netlab: Netlab) -> None:
    document = json.loads(netlab("cidr", "--to", "127.0.0.1", "--json").stdout)
    assert document["passed"] is True
    assert document["measurement"]["checks"]


def test_a_seed_repeats_what_is_random(netlab: Netlab) -> None:
    arguments = ("cidr", "random", "fd00::/8", "--length", "48", "--count", "3", "--seed", "7")
    one = netlab(*arguments).stdout
    assert one == netlab(*arguments).stdout
    assert [line.endswith("::/48") and line.startswith("fd") for line in one.splitlines()] == [True] * 3
    document = json.loads(netlab("cidr", "random", "10.0.0.0/30", "--count", "50", "--json").stdout)
    jsonschema.validate(document, LINES)
    assert set(document["results"]) <= {"10.0.0.1", "10.0.0.2"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("010.0.0.1", "did you mean 10.0.0.1"),
        ("10.0.0.1/024", "did you mean 10.0.0.1/24?"),
        ("10.1", "did you mean 10.0.0.1?"),
        ("167772161", "did you mean 10.0.0.1?"),
        ("10.0.0.1/", "did you mean 10.0.0.1/32?"),
        ("00001::", "did you mean 1::?"),
        ("fe80::1%", "did you mean fe80::1?"),
        ("10.0.0.1/255.0.255.0", "a mask with a hole"),
        ("www.example.com", "getent ahosts www.example.com looks"),
        ("help", "netlab cidr --help"),
        ("10.0.0.1 10.0.0.2", "netlab cidr range 10.0.0.1 10.0.0.2"),
        ("::1 ::2", "a second address"),
        ("10.0.0.5-20", "netlab cidr range 10.0.0.5 10.0.0.20"),
        ("merge 10.0.0.0-10.0.0.255", "netlab cidr range 10.0.0.0 10.0.0.255"),
        ("10.0.0.1 rubbish", "a length is a number"),
        ("10.0.0.1 24 25", "unexpected extra argument"),
        ("range 10.0.0.2 10.0.0.1", "before it begins"),
        ("range 10.0.0.2 ::1", "no range between them"),
        ("range 10.0.0.2", "two ends"),
        ("range ::1%a ::2%b", "no range between two links"),
        ("--to fe80::9%nope", "no interface 'nope'"),
        ("--to fe80::9%99999999", "no interface '99999999'"),
        ("split 10.0.0.0/24", "how to divide it?"),
        ("split 10.0.0.0/24 --length 20", "no parts of /20"),
        ("split 10.0.0.0/24 --length x", "no length"),
        ("split 10.0.0.0/24 --count 0", "0 parts"),
        ("split 10.0.0.0/24 --count 300", "too few"),
        ("split 10.0.0.0/24 --hosts 100,200", "the subnets need"),
        ("split 10.0.0.0/24 --hosts x", "no number of hosts"),
        ("split 10.0.0.0/24 --hosts 0,1", "no number of hosts, 1 or more"),
        ("split 10.0.0.0/24 --hosts 4294967294", "the subnets need 4,294,967,296"),
        ("split 10.0.0.0/24 --hosts 4294967295", "more than IPv4 has"),
        ("split 10.0.0.0/24 --hosts 1_0", "no number of hosts"),
        ("split 10.0.0.0/24 --count 1_0", "'1_0' is not a whole number"),
        ("split 10.0.0.0/24 --count ٤", "'٤' is not a whole number"),
        ("split 10.0.0.0/32 --count 2", "has only one address,"),
        ("random 10.0.0.0/24 --count 1_0", "'1_0' is not a whole number"),
        ("random 224.0.0.0/4", "no address that a host may have"),
        ("random 0.0.0.0", "no address that a host may have"),
        ("random ::", "no address that a host may have"),
        ("random 255.255.255.255", "no address that a host may have"),
        ("merge /nowhere", "No such file"),
        ("merge /", "Is a directory"),
        ("merge 10.0.0.0/33", "longer than the 32 bits"),
        ("cover /nowhere", "No such file"),
        ("subtract 10.0.0.0/8", "what to take away?"),
        ("subtract - --without -", "stdin cannot be both"),
        ("lookup - -", "stdin cannot be both"),
        ("lookup 10.0.0.0/8 10.0.0.0/24", "did you mean 10.0.0.0?"),
        ("contains 10.0.0.0/8", "missing argument"),
        ("contains 10.0.0.0/8 rubbish", "a name"),
        ("same-net 10.0.0.1 10.0.0.2", "no prefix"),
        ("same-net 10.0.0.1/24 ::1", "IPv4 and IPv6"),
        ("reverse 10.0.0.256", "larger than 255"),
        ("random 10.0.0.0/8 --length 4", "no parts of /4"),
        ("random 10.0.0.0/8 --count 0", "--count"),
        ("list rubbish", "a name"),
        ("--to www.example.com", "a name"),
        ("merg 10.0.0.0/8", "did you mean merge?"),
    ],
)
def test_wrong_input_is_an_error_in_a_line_or_two(netlab: Netlab, line: str, said: str) -> None:
    done = netlab("cidr", *line.split())
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize("name", ["a;reboot", "$(reboot)", "a`b`", "-a.b", "a..b", "a" * 100, "a&b", "ä.example"])
def test_no_hint_has_what_a_shell_would_run(netlab: Netlab, name: str) -> None:
    for command in ("cidr", "mac"):
        done = netlab(command, "address", "--", name)
        assert done.returncode == 2
        assert "hint" not in done.stderr
        assert len(done.stderr) < 130


@pytest.mark.parametrize(
    "line", ["10.1", "merge 10.0.0.0/33", "lookup 10.0.0.0/8 10.0.0.0/24", "same-net 10.0.0.1 ::1"]
)
def test_wrong_input_leaves_no_half_of_a_document(netlab: Netlab, line: str) -> None:
    done = netlab("cidr", *line.split(), "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert 1 <= len(done.stderr.splitlines()) <= 2

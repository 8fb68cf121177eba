"""Second opinions, both ways: dig, drill and kdig at our servers; our resolver at NSD and BIND; unbound and BIND at
ours.

Each is skipped, visibly, where the program is missing; docs/ci-dns.txt names the Debian packages.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.zone
import pytest
from skips import needs_program

from netlab.dns.mini_internet import MiniInternet, ResolverProcess
from netlab.dns.topology import EMBEDDED


def asked(text: str) -> tuple[tuple[str, str], ...]:
    """Questions: "NAME TYPE, NAME TYPE"."""
    return tuple((name, rtype) for name, rtype in (question.split() for question in text.split(",")))


QUESTIONS = asked("""
    my.xxsilence.net A, www.xxsilence.net A, www.xxsilence.net CNAME, nope.xxsilence.net A, my.xxsilence.net MX,
    www.163.com A, mail.163.com A, www.kaola.cn A, www.deep.test A, hop1.alias.test A, lost.alias.test A,
    gone.alias.test A, empty.alias.test A, www.old.dname.test A, b.ent.lessons.test A, x.y.wild.lessons.test A,
    many.big.test A, text.big.test TXT, www.mixed.test A, bench.lab.xxsilence.net A, 80.2.0.192.in-addr.arpa PTR,
    nosuchtld A, com.cn A, xxsilence.net SOA, kaola.com NS, www.noedns.test A
""")
FAILURES = (("www.circle-a.test", "A"), ("www.noglue.test", "A"), ("self.alias.test", "A"), ("www.lame.test", "A"))

Where = tuple[str, int]


def ask(where: Where, name: str, rtype: str, recursive: bool = True) -> dns.message.Message:
    query = dns.message.make_query(name, rtype, use_edns=0, payload=1232, flags=dns.flags.RD if recursive else 0)
    reply, _ = dns.query.udp_with_fallback(query, where[0], timeout=8, port=where[1])
    return reply


Said = tuple[str, frozenset[tuple[str, str, str]]]


def said(reply: dns.message.Message, section: str = "answer") -> Said:
    """Rcode and records, without TTLs and order."""
    return dns.rcode.to_text(reply.rcode()), frozenset(
        (rrset.name.to_text().lower(), dns.rdatatype.to_text(rrset.rdtype), rdata.to_text().lower())
        for rrset in getattr(reply, section)
        for rdata in rrset
    )


def free_port() -> int:
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue  # free for TCP, not for UDP
            return int(tcp.getsockname()[1])


@contextmanager
def running(command: list[str], where: Where, log: Path, ready: Callable[[], bool] | None = None) -> Iterator[None]:
    """A foreign server, until the end of the block; ready when it answers (a lost datagram is its timeout)."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, cwd=log.parent)
    try:
        for _ in range(60):
            if process.poll() is not None:
                pytest.fail(f"{command[0]} ended: {log.read_text()[-1500:]}")
            try:
                query = dns.message.make_query("ready.example", "A")
                dns.query.udp(query, where[0], timeout=0.25, port=where[1])
                if ready is None or ready():
                    break
            except (OSError, dns.exception.Timeout):
                # A port that nobody has bound yet refuses at once: ask for its absence to end, a quarter of a second
                # long.
                with socket.socket() as pause:
                    pause.bind(("127.0.0.1", 0))
                    pause.listen()
                    pause.settimeout(0.25)
                    try:
                        pause.accept()
                    except TimeoutError:
                        pass
        else:
            pytest.fail(f"{command[0]} does not answer: {log.read_text()[-1500:]}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def server(net: MiniInternet, host: str) -> Where:
    return (f"127.{net.network}.{host}", net.port)


# Their clients at our servers.


@pytest.mark.peers
def test_dig_reads_our_resolver(resolver_process: ResolverProcess) -> None:
    needs_program("dig")
    host, port = resolver_process.where
    for options in ((), ("+tcp",), ("+noedns",), ("+bufsize=512",), ("+nocookie",)):
        done = subprocess.run(
            ["dig", f"@{host}", "-p", str(port), "www.xxsilence.net", *options],
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert "status: NOERROR" in done.stdout and "106.114.138.24" in done.stdout
        assert "WARNING" not in done.stdout and ";; Warning" not in done.stdout


@pytest.mark.peers
def test_dig_transfers_a_zone_from_us(internet: MiniInternet) -> None:
    needs_program("dig")
    host, port = server(internet, "2.1")
    for what in ("AXFR", "IXFR=2026010101", "IXFR=1"):
        done = subprocess.run(
            ["dig", f"@{host}", "-p", str(port), "+tcp", "xxsilence.net", *what.split()], capture_output=True, text=True
        )
        assert "XFR size" in done.stdout and "failed" not in done.stdout, done.stdout
    host, port = server(internet, "3.1")
    done = subprocess.run(["dig", f"@{host}", "-p", str(port), "kaola.com", "AXFR"], capture_output=True, text=True)
    assert "Transfer failed" in done.stdout  # it is on nobody's list there


@pytest.mark.peers
def test_drill_traces_through_us(resolver_process: ResolverProcess) -> None:
    needs_program("drill")
    host, port = resolver_process.where
    done = subprocess.run(
        ["drill", "-p", str(port), "www.kaola.cn", f"@{host}"], capture_output=True, text=True, timeout=20
    )
    assert "rcode: NOERROR" in done.stdout and "DNAME" in done.stdout and "106.114.138.24" in done.stdout


@pytest.mark.peers
def test_kdig_reads_our_servers(internet: MiniInternet) -> None:
    needs_program("kdig")
    host, port = server(internet, "1.1")
    done = subprocess.run(
        ["kdig", f"@{host}", "-p", str(port), "my.xxsilence.net", "+norec"], capture_output=True, text=True, timeout=20
    )
    assert "NOERROR" in done.stdout and "dns.xxsilence.net." in done.stdout and "127." in done.stdout
    assert "WARNING" not in done.stdout + done.stderr


# Their resolver against ours, in our Internet.


@pytest.fixture(scope="module")
def unbound(internet: MiniInternet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Where]:
    """unbound, with our root servers as its own; stub zones let it use their port at every level."""
    needs_program("unbound")
    folder = tmp_path_factory.mktemp("unbound")
    port = free_port()
    conf = folder / "unbound.conf"
    # unbound asks port 53 of everybody; only addresses of stub zones may have another. So each zone is one.
    from netlab.dns import topology

    stubs = []
    for plan in topology.load(EMBEDDED, internet.network).servers:
        stubs += [(zone.origin, plan.address) for zone in plan.zones if not plan.quirk]
    from netlab.dns.names import to_text

    zones = "".join(
        f'stub-zone:\n  name: "{to_text(origin)}"\n  stub-addr: {address}@{internet.port}\n'
        for origin, address in dict(stubs).items()
        if ":" not in address
    )
    conf.write_text(
        f'server:\n  interface: 127.0.0.1@{port}\n  do-not-query-localhost: no\n  chroot: ""\n  username: ""\n'
        f'  directory: "{folder}"\n  pidfile: "{folder}/pid"\n  use-syslog: no\n  module-config: "iterator"\n'
        "  do-ip6: no\n  qname-minimisation: no\n  minimal-responses: yes\n  access-control: 127.0.0.0/8 allow\n"
        '  local-zone: "test." nodefault\n  local-zone: "127.in-addr.arpa." nodefault\n'
        '  local-zone: "2.0.192.in-addr.arpa." nodefault\n  local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault\n'
        f"remote-control:\n  control-enable: no\n{zones}"
    )
    with running(["unbound", "-d", "-p", "-c", str(conf)], ("127.0.0.1", port), folder / "log"):
        yield ("127.0.0.1", port)


NOT_FOR_UNBOUND = {"www.deep.test", "www.mixed.test", "www.noedns.test"}  # their servers are not at port 53


@pytest.mark.peers
@pytest.mark.parametrize(("name", "rtype"), [q for q in QUESTIONS if q[0] not in NOT_FOR_UNBOUND])
def test_unbound_and_our_resolver_find_the_same(
    unbound: Where, resolver_process: ResolverProcess, name: str, rtype: str
) -> None:
    assert said(ask(resolver_process.where, name, rtype)) == said(ask(unbound, name, rtype))


@pytest.mark.parametrize(("name", "rtype"), FAILURES)
def test_what_cannot_be_resolved_is_servfail(resolver_process: ResolverProcess, name: str, rtype: str) -> None:
    assert ask(resolver_process.where, name, rtype).rcode() == dns.rcode.SERVFAIL


# Their servers, with our zone files.

ZONES = ("xxsilence.net", "lessons.test", "alias.test", "dname.test", "big.test", "net", "cn", "test")
AUTHORITATIVE = asked(f"""
    my.xxsilence.net A, www.xxsilence.net A, nope.xxsilence.net A, xxsilence.net MX, xxsilence.net NS,
    x.y.web.xxsilence.net A, web.xxsilence.net A, my.xxsilence.net TXT, hop1.alias.test A, lost.alias.test A,
    one.alias.test A, gone.alias.test A, www.old.dname.test A, old.dname.test A, old.dname.test DNAME,
    {"x" * 40}.long.dname.test A, b.ent.lessons.test A, ent.lessons.test TXT, x.ent.lessons.test A,
    a.wild.lessons.test A, a.wild.lessons.test TXT, wild.lessons.test A, *.wild.lessons.test A,
    MIXED.case.lessons.test A, many.big.test A, text.big.test TXT, www.nease.net A, com.cn A, www.kaola.cn A,
    www.elsewhere.example A, glueless.test NS, www.dead.test A
""")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Where]:
    """One server of ours with these zones."""
    folder = tmp_path_factory.mktemp("ours")
    for name in ZONES:
        shutil.copy(EMBEDDED / f"{name}.zone", folder)
    zones = ", ".join(f'"{name}"' for name in ZONES)
    (folder / "servers.toml").write_text(
        f'[[server]]\nname = "all"\naddress = "127.0.0.77"\nzones = [{zones}]\ntransfer_to = ["127.0.0.0/8"]\n'
    )
    with MiniInternet(folder) as net:
        yield ("127.0.0.77", net.port)


@pytest.fixture(scope="module")
def nsd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Where]:
    needs_program("nsd")
    folder, port = tmp_path_factory.mktemp("nsd"), free_port()
    zones = "".join(f"zone:\n name: {name}\n zonefile: {_plain(folder, name)}\n" for name in ZONES)
    (folder / "nsd.conf").write_text(
        f'server:\n ip-address: 127.0.0.1@{port}\n zonesdir: "{folder}"\n pidfile: "{folder}/pid"\n database: ""\n'
        f' xfrdfile: "{folder}/xfrd"\n zonelistfile: "{folder}/list"\n username: ""\n rrl-ratelimit: 0\n'
        " server-count: 1\n"
        f"remote-control:\n control-enable: no\n{zones}"
    )
    with running(["nsd", "-d", "-c", str(folder / "nsd.conf")], ("127.0.0.1", port), folder / "log"):
        yield ("127.0.0.1", port)


def _plain(folder: Path, name: str) -> Path:
    """The zone file without $GENERATE, which NSD does not know."""
    zone = dns.zone.from_file(str(EMBEDDED / f"{name}.zone"), name, relativize=False)
    path = folder / f"{name}.plain"
    zone.to_file(str(path), relativize=False)
    return path


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Where]:
    needs_program("named")
    folder, port = tmp_path_factory.mktemp("bind"), free_port()
    folder.chmod(0o777)
    zones = "".join(
        f'zone "{name}" {{ type primary; file "{_plain(folder, name)}"; '
        "check-names ignore; allow-transfer { any; }; };\n"
        for name in ZONES
    )
    (folder / "named.conf").write_text(
        f'options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; '
        " listen-on-v6 { none; }; recursion no;\n"
        f' pid-file "{folder}/pid"; session-keyfile "{folder}/key"; '
        " minimal-responses no-auth-recursive; dnssec-validation no; max-records-per-type 0;\n"
        f" notify no; empty-zones-enable no; }};\ncontrols {{ }};\n{zones}"
    )
    with running(["named", "-g", "-c", str(folder / "named.conf")], ("127.0.0.1", port), folder / "log"):
        yield ("127.0.0.1", port)


@pytest.mark.peers
@pytest.mark.parametrize("oracle", ["nsd", "bind"])
@pytest.mark.parametrize(("name", "rtype"), AUTHORITATIVE)
def test_our_answers_are_those_of_nsd_and_bind(
    ours: Where, oracle: str, name: str, rtype: str, request: pytest.FixtureRequest
) -> None:
    if (oracle, name) == ("bind", "one.alias.test"):
        pytest.skip("BIND calls a circle of aliases SERVFAIL; NSD and we tell it as it stands in the zone")
    theirs = ask(request.getfixturevalue(oracle), name, rtype, recursive=False)
    mine = ask(ours, name, rtype, recursive=False)
    assert said(mine) == said(theirs)
    assert mine.flags & dns.flags.AA == theirs.flags & dns.flags.AA
    if (
        not theirs.answer and theirs.rcode() != dns.rcode.REFUSED
    ):  # referrals and "no": with positive answers it is a matter of taste
        assert said(mine, "authority") == said(theirs, "authority")


@pytest.mark.peers
@pytest.mark.parametrize("oracle", ["nsd", "bind"])
def test_our_resolver_gets_the_same_from_their_servers_as_from_ours(
    ours: Where, oracle: str, request: pytest.FixtureRequest
) -> None:
    from netlab.experiments.dns.trace import Parameters, measure
    from netlab.progress import silent

    questions = (
        "my.xxsilence.net A",
        "nope.xxsilence.net A",
        "hop1.alias.test A",
        "many.big.test A",
        "b.ent.lessons.test A",
        "www.old.dname.test A",
        "x.y.web.xxsilence.net A",
    )
    found = []
    for where in (ours, request.getfixturevalue(oracle)):
        told = measure(Parameters(roots=(where[0],), port=where[1], questions=questions), silent)
        answers = next(table for table in told.tables if table.name == "answers")
        rcodes = next(table for table in told.tables if table.name == "questions")
        found.append(
            ({row[3] for row in rcodes.rows}, {(*row[:3], *row[4:]) for row in answers.rows if row[1] == "answer"})
        )
    assert found[0] == found[1]


@pytest.mark.peers
def test_bind_as_a_secondary_copies_our_zone(ours: Where, tmp_path: Path) -> None:
    needs_program("named")
    port = free_port()
    tmp_path.chmod(0o777)
    (tmp_path / "named.conf").write_text(
        f'options {{ directory "{tmp_path}"; listen-on port {port} {{ 127.0.0.1; }}; '
        " listen-on-v6 { none; }; recursion no;\n"
        f' pid-file "{tmp_path}/pid"; session-keyfile "{tmp_path}/key"; dnssec-validation no;'
        " max-records-per-type 0; empty-zones-enable no; };\n"
        f'controls {{ }};\nzone "big.test" {{ type secondary; primaries port {ours[1]} {{ {ours[0]}; }}; '
        'file "copy"; };\n'
    )
    where = ("127.0.0.1", port)

    def copied() -> bool:
        return ask(where, "big.test", "SOA", recursive=False).rcode() == dns.rcode.NOERROR

    with running(["named", "-g", "-c", str(tmp_path / "named.conf")], where, tmp_path / "log", copied):
        assert said(ask(where, "many.big.test", "A", recursive=False)) == said(
            ask(ours, "many.big.test", "A", recursive=False)
        )


def test_dnspython_transfers_our_zone_whole(ours: Where) -> None:
    zone = dns.zone.from_xfr(dns.query.xfr(ours[0], "big.test", port=ours[1], relativize=False), relativize=False)
    assert len(zone.get_rdataset("many.big.test.", "A")) == 200


@pytest.mark.peers
def test_our_secondary_copies_a_zone_from_bind(bind: Where, tmp_path: Path) -> None:
    needs_program("named")
    (tmp_path / "root.zone").write_text("@ 60 SOA a b 1 2 3 4 5\n@ 60 NS a.\n")
    (tmp_path / "servers.toml").write_text(
        '[[server]]\nname = "r"\naddress = "127.0.0.78"\nzones = ["."]\n'
        f'[[server]]\nname = "s"\naddress = "127.0.0.79"\nsecondary = {{ "xxsilence.net" = "{bind[0]}" }}\n'
    )
    # Primaries have our port at every level, so ours must take BIND's.
    with MiniInternet(tmp_path, bind[1]) as net:
        mine = ask(("127.0.0.79", net.port), "my.xxsilence.net", "A", recursive=False)
        assert said(mine) == said(ask(bind, "my.xxsilence.net", "A", recursive=False))

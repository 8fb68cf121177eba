"""The servers and the resolver on real sockets: UDP and TCP, crowds, garbage, and nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlab.dns.mini_internet import MiniInternet, ResolverProcess
from netlab.errors import NetlabError

Where = tuple[str, int]


def ask(where: Where, name: str, rtype: str = "A", tcp: bool = False) -> dns.message.Message:
    query = dns.message.make_query(name, rtype, use_edns=0, payload=1232)
    send = dns.query.tcp if tcp else dns.query.udp
    return send(query, where[0], timeout=5, port=where[1])


def xxsilence(net: MiniInternet) -> Where:
    return (f"127.{net.network}.2.1", net.port)


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


@pytest.mark.parametrize("tcp", [False, True])
def test_servers_and_resolver_answer_by_udp_and_tcp(
    internet: MiniInternet, resolver_process: ResolverProcess, tcp: bool
) -> None:
    for where in (xxsilence(internet), resolver_process.where):
        reply = ask(where, "my.xxsilence.net", tcp=tcp)
        assert [str(rdata) for rrset in reply.answer for rdata in rrset] == ["192.0.2.80"]


def test_the_secondary_has_copied_the_zone(internet: MiniInternet) -> None:
    reply = ask((f"127.{internet.network}.2.2", internet.port), "xxsilence.net", "SOA")
    assert reply.answer and reply.flags & dns.flags.AA


def test_queries_by_tcp_may_be_sent_all_at_once(resolver_process: ResolverProcess) -> None:
    names = ["my.xxsilence.net", "www.kaola.com", "www.163.com", "nope.kaola.com"] * 5
    queries = [dns.message.make_query(name, "A") for name in names]
    with socket.create_connection(resolver_process.where, timeout=5) as sock:
        sock.sendall(b"".join(struct.pack(">H", len(q.to_wire())) + q.to_wire() for q in queries))
        stream = sock.makefile("rb")
        replies = [dns.message.from_wire(stream.read(struct.unpack(">H", stream.read(2))[0])) for _ in queries]
    assert {reply.id for reply in replies} == {query.id for query in queries}  # in any order: RFC 7766 §6.2.1.1


def test_a_query_byte_by_byte(internet: MiniInternet) -> None:
    wire = dns.message.make_query("my.xxsilence.net", "A").to_wire()
    with socket.create_connection(xxsilence(internet), timeout=5) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in struct.pack(">H", len(wire)) + wire:
            sock.sendall(bytes((byte,)))
        (length,) = struct.unpack(">H", sock.recv(2))
        assert dns.message.from_wire(sock.recv(length)).answer


def test_who_has_said_the_last_word_still_gets_the_answer(resolver_process: ResolverProcess) -> None:
    wire = dns.message.make_query("never.asked.before.kaola.com", "A").to_wire()
    with socket.create_connection(resolver_process.where, timeout=20) as sock:
        sock.sendall(struct.pack(">H", len(wire)) + wire)
        sock.shutdown(socket.SHUT_WR)
        stream = sock.makefile("rb").read()  # up to the end: it is closed when all is said
    assert dns.message.from_wire(stream[2:]).rcode() == dns.rcode.NXDOMAIN


def test_who_asks_and_does_not_read_is_not_listened_to(internet: MiniInternet) -> None:
    """Each query is 33 octets, each answer 3 KiB: a server that took all of them would need 1.5 GB."""
    where = (f"127.{internet.network}.5.1", internet.port)
    wire = dns.message.make_query("many.big.test", "A").to_wire()
    frame = struct.pack(">H", len(wire)) + wire
    with socket.create_connection(where, timeout=1) as sock:
        with pytest.raises(TimeoutError):
            sock.sendall(frame * 500_000)
        assert ask(where, "www.good.test").answer
        assert resident_kib(internet.pid) < 120_000
        stream = sock.makefile("rb")
        sock.settimeout(20)
        for _ in range(200):  # and as soon as it reads, it is served on
            (length,) = struct.unpack(">H", stream.read(2))
            assert struct.unpack_from(">H", stream.read(length), 6) == (200,)  # records, says the header


def test_idle_connections_make_room_for_new_ones(internet: MiniInternet) -> None:
    held = [socket.create_connection(xxsilence(internet), timeout=20) for _ in range(300)]
    try:
        assert ask(xxsilence(internet), "my.xxsilence.net", tcp=True).answer
        assert held[0].recv(1) == b""  # the oldest was closed
    finally:
        for sock in held:
            sock.close()


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0", b"\xff\xff" + b"x" * 50, b"\0\x0c" + b"\0" * 12, b"\0\5hello"])
def test_any_tcp_prefix(internet: MiniInternet, resolver_process: ResolverProcess, data: bytes) -> None:
    for where in (xxsilence(internet), resolver_process.where):
        with socket.create_connection(where, timeout=5) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass
        assert ask(where, "my.xxsilence.net").answer


@given(st.lists(st.binary(max_size=120), min_size=1, max_size=20))
@settings(examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_by_udp_and_tcp(
    internet: MiniInternet, resolver_process: ResolverProcess, chunks: list[bytes]
) -> None:
    for where in (xxsilence(internet), resolver_process.where):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for chunk in chunks:
                udp.sendto(chunk, where)
        with socket.create_connection(where, timeout=5) as tcp:
            tcp.sendall(b"".join(chunks))
        assert ask(where, "my.xxsilence.net").answer


def test_a_flood_from_one_client_leaves_it_answering(internet: MiniInternet, resolver_process: ResolverProcess) -> None:
    """Each name is new and its servers are dead, so each resolution is open for seconds: beyond 100 they are
    dropped."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for number in range(3000):
            udp.sendto(dns.message.make_query(f"n{number}.dead.test", "A").to_wire(), resolver_process.where)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.9", 0))
            other.settimeout(5)
            query = dns.message.make_query("my.xxsilence.net", "A")
            other.sendto(query.to_wire(), resolver_process.where)
            assert dns.message.from_wire(other.recv(4096)).answer
    assert resident_kib(resolver_process.pid) < 120_000


@contextmanager
def upstream_that_says(replies: list[bytes]) -> Iterator[Where]:
    """A server in a process of its own that answers any query with these bytes, the ID filled in."""
    code = (
        "import socket,sys\n"
        "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('127.0.0.1',0))\n"
        "print(s.getsockname()[1],flush=True)\n"
        "replies=[bytes.fromhex(w) for w in sys.argv[1:]]\n"
        "while True:\n"
        "  d,a=s.recvfrom(4096)\n"
        "  for r in replies: s.sendto(d[:2]+r,a)\n"
        "  s.sendto(d[:2]+b'\\x80'+d[3:],a)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, *(reply.hex() or "00" for reply in replies)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield ("127.0.0.1", int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
@examples(8)
def test_garbage_from_upstream_is_a_failure_never_a_crash(replies: list[bytes]) -> None:
    from netlab.experiments.dns.trace import Parameters, measure
    from netlab.progress import silent

    with upstream_that_says(replies) as (host, port):
        found = measure(Parameters(roots=(host,), port=port, timeout_s=0.2, questions=("my.example A",)), silent)
    assert found.fact("rcode").value in ("SERVFAIL", "NOERROR", "NXDOMAIN")


def test_the_next_port_is_taken_when_the_usual_one_is_busy(internet: MiniInternet) -> None:
    with MiniInternet() as second:
        assert (second.port, second.network) != (internet.port, internet.network)
        assert ask(xxsilence(second), "my.xxsilence.net").answer


def test_a_port_that_is_busy_and_asked_for_moves_the_addresses(internet: MiniInternet) -> None:
    with MiniInternet(port=internet.port) as second:
        assert second.port == internet.port and second.network != internet.network
        assert ask(xxsilence(second), "my.xxsilence.net").answer
        reply = ask((f"127.{second.network}.2.1", second.port), f"1.2.{second.network}.127.in-addr.arpa", "PTR")
        assert str(reply.answer[0][0]) == "dns.xxsilence.net."


def test_zone_files_that_are_wrong_end_the_start_in_words(tmp_path: Path) -> None:
    (tmp_path / "bad.zone").write_text("@ 60 SOA a b 1 2 3 4 5\nx 60 A 1.2.3\n")
    with pytest.raises(NetlabError, match=r"bad.zone:2") as error:
        MiniInternet(tmp_path)
    assert error.value.exit_code == 2


def serve(*options: str) -> tuple[subprocess.Popen[str], Where]:
    process = subprocess.Popen(
        [sys.executable, "-m", "netlab", "dns", "serve", "--no-save", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("ready: resolver on "), line + process.stderr.read()
    host, _, port = line.split()[3].rpartition(":")
    return process, (host.strip("[]"), int(port))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_in_order(how: signal.Signals) -> None:
    process, where = serve("--listen", "127.0.0.1:0")
    assert ask(where, "www.xxsilence.net").answer and ask(where, "www.xxsilence.net", tcp=True).answer
    process.send_signal(how)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0 and "Traceback" not in err
    assert "resolver" in err and "www.kaola.com. A" in err  # the query log
    assert "served for" in out.lower()


def test_serve_is_gone_with_its_process() -> None:
    process, where = serve("--listen", "127.0.0.1:0", "--quiet")
    assert ask(where, "my.xxsilence.net").answer
    process.kill()
    process.communicate(timeout=20)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
        udp.bind(where)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.bind(where)


def test_resolver_only_resolves_from_roots_of_ones_own(internet: MiniInternet) -> None:
    root = f"127.{internet.network}.0.1,127.{internet.network}.0.2"
    process, where = serve("--resolver-only", "--root", root, "--port", str(internet.port), "--listen", "127.0.0.1:0")
    try:
        for tcp in (False, True):
            assert [str(each[0]) for each in ask(where, "www.xxsilence.net", tcp=tcp).answer] == [
                "www.kaola.com.",
                "106.114.138.24",
            ]
        assert ask(where, "nope.kaola.com").rcode() == dns.rcode.NXDOMAIN
        assert ask(where, "www.circle-a.test").rcode() == dns.rcode.SERVFAIL
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_miniature_internet_does_not_outlive_its_parent(how: signal.Signals) -> None:
    code = (
        "import signal,time\n"
        "from netlab.dns.mini_internet import MiniInternet\n"
        "with MiniInternet() as net:\n"
        "  print(net.pid, flush=True)\n"
        "  time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.send_signal(how)
    parent.wait(20)
    parent.stdout.close()
    import select

    assert select.select([child], [], [], 20)[0], "the servers still run"  # readable when the process has ended
    os.close(child)


def test_servers_on_ipv6_loopback(internet: MiniInternet) -> None:
    try:
        reply = ask(("::1", internet.port), "www.v6only.test")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    assert str(reply.answer[0][0]) == "192.0.2.20"

"""What is compared: a literal list. A new row is one line here."""

from __future__ import annotations

from .loads import Load
from .ratios import Target
from .rounds import Entry, Metric, Section
from .servers import c_tcp, c_udp, netlab, peer

UVLOOP = "uvloop Protocol"
STREAMS = "asyncio streams"


def at_least(ratio: float, of: str = "") -> Target:
    return Target(f"≥ {ratio:g} × {of or 'C'}", ratio, of)


C = Entry(c_tcp())
C_AGAIN = Entry(c_tcp("C epoll, again"), quick=False)
EPOLL_TARGETS = (at_least(0.85), at_least(1.0, UVLOOP), at_least(5.0, STREAMS))
uvloop_protocol = peer(UVLOOP, "tcp_uvloop_protocol")
uvloop_streams = peer("uvloop streams", "tcp_uvloop_streams")
asyncio_protocol = peer("asyncio Protocol", "tcp_asyncio_protocol")
asyncio_streams = peer(STREAMS, "tcp_asyncio_streams")
gevent = peer("gevent", "tcp_gevent")
trio = peer("trio", "tcp_trio")
threading_server = peer("ThreadingTCPServer", "tcp_socketserver")

# A pool serves as many connections as it has workers; the others wait. So a pool is given one for each
# connection, and some more for those of the slice before that it has not seen close yet.
POOL = ("--workers", "128")

SECTIONS = (
    Section(
        "TCP echo, 64 B, 100 connections",
        Load(100, 64),
        (
            C,
            C_AGAIN,
            Entry(netlab("tcp", "epoll"), EPOLL_TARGETS),
            Entry(netlab("tcp", "epoll-et"), quick=False),
            Entry(netlab("tcp", "select"), (at_least(0.87),)),
            Entry(netlab("tcp", "poll"), (at_least(0.87),)),
            Entry(netlab("tcp", "busy-poll", spins=True), quick=False),
            Entry(netlab("tcp", "epoll-multi", "--workers", "2"), quick=False),
            Entry(netlab("tcp", "thread"), (at_least(0.46),)),
            Entry(netlab("tcp", "thread-pool", *POOL), seen="0.46", quick=False),
            Entry(netlab("tcp", "fork"), (at_least(0.31),)),
            Entry(netlab("tcp", "prefork", *POOL), seen="0.30", quick=False),
            Entry(netlab("tcp", "asyncio"), quick=False),
            Entry(uvloop_protocol, seen="0.86"),
            Entry(uvloop_streams, seen="0.47", quick=False),
            Entry(asyncio_protocol, seen="0.12", quick=False),
            Entry(asyncio_streams, seen="0.16"),
            Entry(gevent, seen="0.33", quick=False),
            Entry(trio, seen="0.21", quick=False),
            Entry(threading_server, seen="0.44", quick=False),
        ),
    ),
    Section(
        "TCP echo, 64 B, 1000 connections",
        Load(1000, 64),
        (
            C,
            Entry(netlab("tcp", "epoll"), EPOLL_TARGETS),
            Entry(netlab("tcp", "poll"), seen="0.95", quick=False),
            Entry(netlab("tcp", "thread"), seen="0.46", quick=False),
            Entry(uvloop_protocol, seen="0.86"),
            Entry(asyncio_streams, seen="0.16"),
            Entry(gevent, seen="0.34", quick=False),
            Entry(trio, seen="0.18", quick=False),
            Entry(threading_server, seen="0.44", quick=False),
        ),
        stretch=2,
    ),
    Section(
        "TCP echo, 16 KiB, 100 connections",
        Load(100, 16384),
        (
            C,
            C_AGAIN,
            Entry(netlab("tcp", "epoll"), EPOLL_TARGETS),
            Entry(netlab("tcp", "select"), seen="1.0", quick=False),
            Entry(netlab("tcp", "thread"), seen="0.39", quick=False),
            Entry(uvloop_protocol, seen="0.91"),
            Entry(asyncio_streams),
        ),
    ),
    Section(
        "TCP churn: connect, one message of 64 B, close; 32 at once",
        Load(32, 64, churn=True),
        (
            C,
            Entry(netlab("tcp", "epoll"), (at_least(1.0),)),
            Entry(netlab("tcp", "select"), seen="1.16", quick=False),
            Entry(netlab("tcp", "thread"), (at_least(0.3),)),
            Entry(netlab("tcp", "thread-pool", "--workers", "32"), (at_least(0.9),)),
            Entry(netlab("tcp", "fork"), (at_least(0.025),)),
            Entry(netlab("tcp", "prefork", "--workers", "32"), (at_least(0.9),)),
            Entry(uvloop_protocol, seen="1.05"),
            Entry(asyncio_streams, seen="0.49", quick=False),
            Entry(gevent, seen="0.54", quick=False),
            Entry(trio, seen="0.18", quick=False),
            Entry(threading_server, seen="0.24", quick=False),
        ),
    ),
    Section(
        "TCP echo, 64 B, 100 active connections beside 900 idle ones",
        Load(100, 64),
        (
            C,
            Entry(netlab("tcp", "epoll"), seen="0.91"),
            Entry(netlab("tcp", "select"), seen="0.55–0.60"),
            Entry(netlab("tcp", "poll"), seen="0.61"),
            Entry(uvloop_protocol, seen="0.82", quick=False),
            Entry(asyncio_streams, seen="0.14", quick=False),
        ),
        held=900,
    ),
    Section(
        "TCP echo, 64 B, 100 active connections beside 10,000 idle ones",
        Load(100, 64),
        (
            C,
            Entry(netlab("tcp", "epoll"), (at_least(0.8, "epoll, none idle"),), seen="0.91"),
            Entry(netlab("tcp", "epoll", name="epoll, none idle"), held=0),
            Entry(netlab("tcp", "poll"), seen="0.10"),
        ),
        held=10_000,
    ),
    Section(
        "TCP echo, 64 B, one active connection beside 900 idle ones",
        Load(1, 64),
        (
            C,
            Entry(netlab("tcp", "epoll")),
            Entry(netlab("tcp", "select"), seen="0.35–0.42"),
            Entry(netlab("tcp", "poll")),
        ),
        held=900,
    ),
    Section(
        "TCP echo, 64 B, one connection: the round trip (p50)",
        Load(1, 64),
        (
            C,
            Entry(netlab("tcp", "epoll")),
            Entry(netlab("tcp", "busy-poll", spins=True), (Target("≥ 2.5 × quicker than C", 2.5),)),
        ),
        metric=Metric("p50_us", "× quicker", inverse=True),
    ),
    Section(
        "UDP echo, 64 B, 100 clients",
        Load(100, 64),
        (
            Entry(c_udp()),
            Entry(c_udp("C recvfrom/sendto, again"), quick=False),
            Entry(netlab("udp", "iterative"), (at_least(0.75),)),
            Entry(netlab("udp", "batch"), (at_least(1.0),)),
            Entry(netlab("udp", "epoll"), quick=False),
            Entry(netlab("udp", "select"), quick=False),
            Entry(netlab("udp", "thread"), quick=False),
            Entry(netlab("udp", "asyncio"), quick=False),
            Entry(peer("uvloop", "udp_uvloop"), seen="0.64"),
            Entry(peer("asyncio DatagramProtocol", "udp_asyncio"), seen="0.08"),
        ),
    ),
    Section(
        "UDP overload: twice what C manages in a closed loop is sent, 64 B; what part is lost",
        Load(100, 64),
        (
            Entry(c_udp()),
            Entry(netlab("udp", "iterative")),
            Entry(netlab("udp", "batch")),
            Entry(peer("uvloop", "udp_uvloop"), quick=False),
        ),
        metric=Metric("loss", "lost", relative=False, beside=(("sent /s", "sent_per_second"),)),
        overload=2.0,
    ),
)

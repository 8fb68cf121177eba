"""Sockets, and nothing but: DNS over UDP and TCP, for servers (listening.py), for those who ask (asking.py), and to
count
how fast a server answers (volley.py). Only this package imports `socket`."""

from netlab.dns.transport.asking import Upstream
from netlab.dns.transport.listening import InUse, Listener, Reply, Service, Where, shown
from netlab.dns.transport.volley import Volley, volley

__all__ = ["InUse", "Listener", "Reply", "Service", "Upstream", "Volley", "Where", "shown", "volley"]

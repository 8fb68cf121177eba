"""HTTP/1.1 by hand: a response parser that knows the place of every byte, requests built with the same map, a client.

limits.py, events.py               the bounds; what the parser says
heads.py, fields.py, chunks.py     status lines, field lines and chunk lines: bytes → values, or the byte that is wrong
framing.py                         where a body ends, and why: RFC 9112 §6.3 in its order
response.py, held.py, understanding.py   ResponseParser: bytes in, events out; no sockets, no clock
request.py, url.py                 a request and its bytes; the URL it is for
transport.py, tls.py               the only files that import `socket` and `ssl`
connection.py, exchange.py          one connection; what an exchange leaves behind
client.py, redirect.py             connections that are kept; where a redirection leads
boxes.py                           the parts of a head as boxes
decoding.py                        Content-Encoding, bounded

Followed: RFC 9112 (HTTP/1.1 messages) and RFC 9110 (semantics). Left out: HTTP/2 and 3, proxies, caches, cookies.
"""

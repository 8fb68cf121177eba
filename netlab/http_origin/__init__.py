"""The loopback origin: an HTTP/1.1 server whose pages provoke, one each, what a client must be able to take.

It is the independent half of netlab's HTTP: requests are parsed, and ordinary responses are written, by h11, which has
its own idea of HTTP/1.1 and so can contradict ours. It knows nothing of netlab.http, nor netlab.http of it. Where the
response is to be wrong, raw bytes are replayed instead (raw_responses.py, hostile.py).

    with Origin() as origin:           # a process of its own, gone when the block is left
        origin.url                     # "http://127.0.0.1:40123"

Parts: message.py (what pages answer with), endpoints.py and files.py (the pages), representation.py and selection.py
(ranges, conditions), raw_responses.py, wire_cases.py and hostile.py (broken responses), request_reader.py (requests),
conversation.py (one connection), server.py (all of them), certificate.py (HTTPS), child_main.py and process.py (the
child process).

It leaves out: HTTP/2, content negotiation, authentication, uploads to disk.
"""

from netlab.http_origin.process import Origin
from netlab.http_origin.settings import Settings

__all__ = ["Origin", "Settings"]

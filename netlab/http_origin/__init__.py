"""The loopback origin of the HTTP lab: a server on h11, which has its own idea of HTTP/1.1 and so can contradict ours.

It knows nothing of netlab.http, nor netlab.http of it.
"""

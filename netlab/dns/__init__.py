"""DNS by hand: a resolver that iterates, the servers it asks, and a miniature Internet of them on loopback.

names.py, records.py, message.py   what a name, a record set and a message are (RFC 1034, RFC 1035)
zone.py, authority.py              what a zone says of a name; a server's answer to a query
iterate.py, readings.py, exchange.py, cache.py   from the root to the answer, one query at a time
recursor.py                        the resolver that stubs ask
mini_internet.py, zones/           servers and zones in files that one can read and edit
transport/                        the only file that imports `socket`; everything else is bytes in, bytes out

Zone files, the text of record data and host-name syntax are dnspython's. The frame around them (header, question,
record heads, compression) is read and written in message.py: it is where a resolver's time goes, and most of a reply
is never looked at, so only what is needed is parsed.
"""

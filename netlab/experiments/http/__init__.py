"""HTTP/1.1 byte by byte (lecture 14)."""

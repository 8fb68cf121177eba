"""netlab: a real-socket protocol lab. See README.md; the shape of the code is in docs/design.md."""

__version__ = "0.1.0"

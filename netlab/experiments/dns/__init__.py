"""Name resolution on a miniature Internet: traces, caches, transfers (lecture 1)."""

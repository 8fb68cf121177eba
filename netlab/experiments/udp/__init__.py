"""UDP on two hosts of a private network: what it promises and what it does not (lecture 10)."""

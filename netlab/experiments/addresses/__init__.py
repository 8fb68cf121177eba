"""IP and MAC addresses explained (lecture 3)."""

"""What experiments on a private network share: the trace of a run, its timeline, its packets as tables."""

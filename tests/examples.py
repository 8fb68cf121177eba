"""How many examples Hypothesis tries: a few in each run of the tests, many in `make soak`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

USUAL, SOAK = 100, 5000

# No test is about time: a busy machine may take as long as it likes for an example.
settings.register_profile(
    "usual", max_examples=USUAL, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("soak", settings.get_profile("usual"), max_examples=SOAK)
settings.load_profile("usual")


def examples(count: int) -> settings:
    """`count` examples in a usual run, and as many times more in a soak as the profile has."""
    return settings(max_examples=max(1, count * settings().max_examples // USUAL))

"""Random streams by name: the same name gives the same stream, whatever else was drawn before."""

from __future__ import annotations

import hashlib

import numpy as np


def seed_sequence(seed: int, *names: str | int) -> np.random.SeedSequence:
    """Return the seed sequence of the stream called ``names`` under the run's ``seed``."""
    text = "/".join(str(n) for n in names)
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=np.uint32)
    return np.random.SeedSequence([seed, *(int(w) for w in words)])


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a generator for the stream called ``names``, e.g. ``generator(7, "null", "idh", 12)``."""
    return np.random.default_rng(seed_sequence(seed, *names))


def integer_seed(seed: int, *names: str | int) -> int:
    """Return a 32-bit seed for libraries that take an integer ``random_state``."""
    return int(seed_sequence(seed, *names).generate_state(1)[0])

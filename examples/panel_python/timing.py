"""The panel's clock, and how long it waits before it connects again."""

import random
import time

# The clock is set when it is off by more than this, in milliseconds.
TOLERANCE = 2_000


class Clock:
    """Milliseconds since 1970, UTC: known only once somebody has said so.

    It runs on the monotonic clock, as a board's timer does. With `known` it begins with the time of
    this machine, like a board whose clock has a battery.
    """

    def __init__(self, known):
        self._offset = time.time() - time.monotonic() if known else None

    @property
    def is_set(self):
        return self._offset is not None

    def now(self):
        """The time, or None."""
        return self.at(time.monotonic())

    def at(self, instant):
        """The time of a reading of the monotonic clock, or None."""
        return int((instant + self._offset) * 1000) if self.is_set else None

    def set(self, millis):
        """Sets it to the server's time if it is off. Returns by how much it was off, or None."""
        off = millis - self.now() if self.is_set else None
        if off is not None and abs(off) <= TOLERANCE:
            return None
        self._offset = millis / 1000 - time.monotonic()
        return off if off is not None else millis


class Backoff:
    """How long to wait: 1 s, 2, 4, … up to a limit, and a random part of it on top."""

    def __init__(self, chance=random.random):
        self._chance = chance
        self._next = 1

    def succeeded(self):
        """A connection lasted."""
        self._next = 1

    def wait(self, retry_after=None, most=60):
        """Seconds to wait now. `retry_after` is what the server asked for."""
        if retry_after is not None:
            # Everybody was told the same: nobody may come at the same moment.
            return retry_after * (1 + self._chance())
        seconds = min(self._next, most)
        self._next = min(self._next * 2, 15 * 60)
        return seconds * (1 + self._chance())

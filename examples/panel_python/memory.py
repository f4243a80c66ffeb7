"""What a panel keeps over restarts: its two counters, and the events that nobody has stored yet.

On a board this is a few sectors of flash. Here it is one small file, which is written anew and
renamed, so that a power cut leaves the old one or the new one.

What always holds: an event is in the file before it is sent, and leaves it only when its PUBACK has
come. No pair of boot and seq is given to two events.
"""

import json
import os

# Section 8 of the protocol: at least this many events while offline.
EVENTS = 1000


class Memory:
    """The counters and the outbox."""

    def __init__(self, path):
        self._path = path
        self.boot = 0
        self.seq = 0
        # In the order of seq. Each is a payload of `evt`, without what the network adds.
        self.events = []
        # A panel that was never connected, or has lost its counters.
        self.is_new = True
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                kept = json.load(file)
            self.boot, self.seq, self.events = kept["boot"], kept["seq"], kept["events"]
            self.is_new = kept["is_new"]

    def start(self):
        """Counts a start of the panel. Before the first connection."""
        self.boot += 1
        self._write()

    def replace_boot(self, boot):
        """Only for a panel that has lost its counters, and has sent nothing yet."""
        self.boot = boot
        for event in self.events:
            event["boot"] = boot
        self.is_new = False
        self._write()

    def add(self, members):
        """A new event: it gets its numbers now, and keeps them for ever."""
        self.seq += 1
        event = {"seq": self.seq, "boot": self.boot, **members}
        self.events.append(event)
        if len(self.events) > EVENTS:
            self.events.remove(self._least())
        self._write()
        return event

    def changed(self):
        """An event was changed that has not been sent."""
        self._write()

    def forget(self, event):
        """Its PUBACK came: the server has it."""
        self.events.remove(event)
        self._write()

    def _least(self):
        """What can be missed first: the oldest restore, test or report, or else the oldest."""

        def is_small(event):
            return "code" in event or event.get("cid", "1")[0] == "3" or event.get("cid", "")[1:2] == "6"

        return next(filter(is_small, self.events), self.events[0])

    def _write(self):
        new = self._path + ".new"
        kept = {"boot": self.boot, "seq": self.seq, "events": self.events, "is_new": self.is_new}
        with open(new, "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self._path)

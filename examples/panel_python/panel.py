#!/usr/bin/env python3
"""An alarm panel that speaks the panel protocol of Watchfire, as an example for firmware teams.

It takes events from standard input, one a line, as members of `evt`:

    cid=1130 part=1 zone=15 text="Hall, window"
    code=entry_delay part=1 zone=1 delay=30

and prints what happens to them. Section numbers are those of docs/panel-protocol.md.
"""

import argparse
import pathlib
import queue
import shlex
import sys
import threading
import time

from connection import Connection, server_time
from memory import Memory
from timing import Backoff, Clock

FIRMWARE = "1.0.0"
MODEL = "panel_python"

# Members of `evt` that are numbers.
NUMBERS = ("part", "zone", "user", "output", "delay")

# PUBACK: the payload could not be read, and is stored all the same.
PAYLOAD_FORMAT_INVALID = 0x99

# CONNACK: not admitted. It will not be admitted in a minute either.
NOT_AUTHORIZED = 0x87

# A connection that lasted so long was a good one, in seconds.
LASTED = 60


def say(text):
    print(text, flush=True)


class Panel:
    """The main loop. It waits for one queue, where lines and the network's happenings come out."""

    def __init__(self, options):
        self.options = options
        self.memory = Memory(options.state)
        self.memory.start()
        self.clock = Clock(known=not options.no_clock)
        self.backoff = Backoff()
        self.happenings = queue.Queue()
        self.keep_alive = options.keep_alive
        self.connection = None
        self.is_connected = False
        self.connected_at = 0
        # When to connect, and when to report, by the monotonic clock.
        self.connect_at = time.monotonic()
        self.report_at = None
        # Readings of the monotonic clock of events that have no time yet.
        self.untimed = {}
        self.input_ended = False

    def run(self):
        threading.Thread(target=self.read_lines, daemon=True).start()
        while not (self.options.once and self.input_ended and not self.memory.events):
            if self.connection is None and time.monotonic() >= self.connect_at:
                self.connect()
            is_due = self.is_connected and time.monotonic() >= self.report_at
            if is_due and self.connection.has_room():
                self.report()
            try:
                happening, *about = self.happenings.get(timeout=0.2)
            except queue.Empty:
                continue
            getattr(self, "on_" + happening)(*about)
        if self.is_connected:
            self.connection.say("conn", {"state": "offline", "boot": self.memory.boot})
            self.connection.close()

    def read_lines(self):
        for line in sys.stdin:
            if line.strip():
                self.happenings.put(("line", line))
        self.happenings.put(("input_end",))

    # From the board.

    def on_line(self, line):
        """Something happened: it gets its numbers and is in flash before anything else (8)."""
        members = dict(part.split("=", 1) for part in shlex.split(line))
        for name in NUMBERS:
            if name in members:
                members[name] = int(members[name])
        if self.clock.is_set:
            members["t"] = self.clock.now()
        if not self.is_connected:
            members["stored"] = True
        event = self.memory.add(members)
        if "t" not in event:
            self.untimed[event["seq"]] = time.monotonic()
        say(f"event {event['boot']}/{event['seq']}")
        self.send_events()

    def on_input_end(self):
        self.input_ended = True

    # From the network.

    def connect(self):
        # Without counters there is no boot that a will could name (8).
        boot = None if self.memory.is_new else self.memory.boot
        self.connection = Connection(
            self.options, self.clock, boot, self.keep_alive, self.happenings
        )
        try:
            self.connection.open()
        except OSError as error:
            # No route, nobody there, or a certificate that does not check.
            say(f"cannot connect: {error}")
            self.come_back()

    def on_connected(self, connection, properties):
        self.is_connected = True
        self.connected_at = time.monotonic()
        say("connected")
        self.take_time(server_time(properties))
        asked = getattr(properties, "ServerKeepAlive", self.keep_alive)
        if self.memory.is_new or asked != self.keep_alive:
            self.connect_better(asked)
            return
        about = {"state": "online", "boot": self.memory.boot, "fw": FIRMWARE, "model": MODEL}
        self.connection.say("conn", about | {"reason": self.options.reason})
        self.report()
        self.send_events()

    def connect_better(self, keep_alive):
        """Once more at once, with what CONNECT should have said."""
        if self.memory.is_new:
            # The will names the boot, and this is the first that nobody else can have had (8).
            self.memory.replace_boot((self.clock.now() or 0) // 1000 or self.memory.boot)
        # paho keeps to its own keep-alive, whatever the server asks for (4).
        self.keep_alive = keep_alive
        say(f"connecting again: boot {self.memory.boot}, keep-alive {keep_alive} s")
        self.is_connected = False
        self.connection.close()
        self.connection = None

    def on_acknowledged(self, connection, packet_id, code, reason):
        if connection is not self.connection:
            return
        event = connection.acknowledged(packet_id)
        if event is None:
            if code >= 0x80:
                say(f"refused a report: 0x{code:02X} {reason}")
            self.send_events()
            return
        name = f"{event['boot']}/{event['seq']}"
        if code < 0x80:
            say(f"stored {name}")
        elif code == PAYLOAD_FORMAT_INVALID:
            say(f"stored {name}, but it could not be read: {reason}")
        else:
            # It stays in flash, and is not sent again on this connection (9).
            say(f"refused {name}: 0x{code:02X} {reason}")
            return
        self.memory.forget(event)
        self.send_events()

    def on_ended(self, connection, code, retry_after, reason):
        if connection is not self.connection:
            return
        why = "" if code is None else f": 0x{code:02X} {reason or ''}".rstrip()
        say(f"connection ended{why}")
        if self.is_connected and time.monotonic() - self.connected_at >= LASTED:
            self.backoff.succeeded()
        self.come_back(retry_after, most=900 if code == NOT_AUTHORIZED else 60)

    def come_back(self, retry_after=None, most=60):
        wait = self.backoff.wait(retry_after, most)
        say(f"coming back in {wait:.1f} s")
        self.connect_at = time.monotonic() + wait
        self.connection = None
        self.is_connected = False

    # What is said.

    def take_time(self, millis):
        """Sets the clock by the server's, and gives their times to events that had none (5)."""
        if millis is None:
            return
        off = self.clock.set(millis)
        if off is not None:
            say(f"clock was off by {off} ms")
        for event in self.memory.events:
            instant = self.untimed.pop(event["seq"], None)
            if instant is not None and "sent" not in event:
                event["t"] = self.clock.at(instant)
        self.memory.changed()

    def report(self):
        """The state of everything on each connect, and now and then (10). Made up here."""
        report = {
            "link": "ethernet",
            "mains": True,
            "battery": 100,
            "voltage": 13.6,
            "uptime": int(time.monotonic()),
            "parts": [{"n": 1, "state": "disarmed"}],
            "zones": [{"n": number, "state": "closed"} for number in range(1, 17)],
            "outputs": [{"n": 1, "on": False}],
        }
        if self.clock.is_set:
            report["t"] = self.clock.now()
        self.connection.say("status", report)
        self.report_at = time.monotonic() + self.options.report_every

    def send_events(self):
        """Sends what is not under way, oldest first, and not too much at a time (8)."""
        for event in self.memory.events:
            if not (self.is_connected and self.connection.has_room()):
                return
            if self.connection.has_sent(event):
                continue
            if "sent" not in event and self.clock.is_set:
                # The time of the first sending, whatever comes of it.
                event["sent"] = self.clock.now()
                self.memory.changed()
            self.connection.send(event)


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="localhost", help="the server, as its certificate names it")
    parser.add_argument("--port", type=int, default=8883)
    parser.add_argument("--account", required=True, help="1 to 16 letters or digits")
    parser.add_argument("--path", help="which way this is, such as lan or cell")
    parser.add_argument("--ca", required=True, help="the CA of the server, from `panel enrol`")
    parser.add_argument("--cert", help="the panel's certificate, from `panel enrol`")
    parser.add_argument("--key", help="its private key")
    parser.add_argument("--secret-file", type=pathlib.Path, help="or the path's secret, in a file")
    parser.add_argument("--state", default="panel-state.json", help="what survives a restart")
    parser.add_argument("--reason", default="power", help="why it started")
    parser.add_argument("--keep-alive", type=int, default=39, help="seconds")
    parser.add_argument("--report-every", type=float, default=300, help="seconds")
    parser.add_argument("--mqtt311", action="store_true", help="MQTT 3.1.1 in place of 5")
    parser.add_argument("--no-clock", action="store_true", help="begin without knowing the time")
    parser.add_argument("--once", action="store_true", help="end when the input has, and all is stored")
    chosen = parser.parse_args()
    if bool(chosen.cert) == bool(chosen.secret_file) or bool(chosen.cert) != bool(chosen.key):
        parser.error("the proof of who it is: --cert and --key, or --secret-file")
    chosen.secret = chosen.secret_file.read_text().strip() if chosen.secret_file else None
    return chosen


if __name__ == "__main__":
    try:
        Panel(options()).run()
    except KeyboardInterrupt:
        sys.exit(130)

"""A station: the receiver of pysiaalarm, which says what it took.

Takes a JSON object from the first line of standard input: type (tcp, udp), account, key (as text, or
null). Prints the port that it listens on; when standard input ends, prints a JSON object with the
events that it acknowledged and its own counts, and ends.
"""

import json
import sys
import time

from pysiaalarm import SIAAccount, SIAClient
from pysiaalarm.utils import CommunicationsProtocol

LOOPBACK = "127.0.0.1"
PATIENCE = 5.0


def told(event):
    return {
        "code": event.code,
        "qualifier": event.event_qualifier,
        "type": event.event_type,
        "partition": event.partition or event.ri,
        "sequence": event.sequence,
    }


def settle(counts, events):
    """It answers before it tells of an event: waits until it has told of all."""
    until = time.monotonic() + PATIENCE
    errors = ("error_account", "error_code", "error_crc", "error_format", "error_timestamp")
    while time.monotonic() < until:
        refused = sum(getattr(counts, error) for error in errors)
        if len(events) + refused >= counts.events:
            return
        time.sleep(0.01)


def main():
    wanted = json.loads(sys.stdin.readline())
    events = []
    station = SIAClient(
        LOOPBACK,
        0,
        [SIAAccount(wanted["account"], wanted["key"])],
        lambda event: events.append(told(event)),
        CommunicationsProtocol[wanted["type"].upper()],
    )
    with station:
        print(station.sia_server.server_address[1], flush=True)
        sys.stdin.read()
        settle(station.counts, events)
    json.dump({"events": events, "counts": vars(station.counts)}, sys.stdout)


if __name__ == "__main__":
    main()

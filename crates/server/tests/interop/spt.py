"""A panel: the dialler of my-dc09-spt, told by a scenario what to do.

Reads one JSON object from standard input and prints one. Everything that is sent is made, and
everything that comes back is judged, by the dialler; this file only drives and watches it.

scenario  host, port, type (tcp, udp), account, receiver, line, key (hexadecimal digits or null),
          clock_error (seconds), polls (at least so many beside the messages),
          messages ([token, parameters of the dialler])
report    messages (for each: acknowledged, error), polls (answered), connections,
          exchanges (for each: sent, answer, pad)
"""

import json
import sys
import time

from my_dc09_spt.comm import transpath
from my_dc09_spt.dc09_spt import dc09_spt
from my_dc09_spt.msg.dc09_msg import dc09_msg

PATIENCE = 20.0


class Wire:
    """What goes over the dialler's connections."""

    def __init__(self, key):
        self.key = key
        self.connections = 0
        self.exchanges = []

    def note(self, sent, answer):
        frame = sent.decode("latin-1")
        self.exchanges.append({
            "sent": frame,
            "answer": answer.decode("latin-1") if answer else None,
            "pad": self.pad(frame),
        })

    def pad(self, frame):
        """How many octets stand before the bar of an encrypted frame."""
        if self.key is None:
            return None
        hidden = bytes.fromhex(frame[frame.index("[") + 1:-1])
        return dc09_msg("0", self.key).dc09decrypt(hidden).index(b"|")

    def watching(self, base):
        """The dialler's connection, watched."""
        wire = self

        class Watched(base):
            def connect(self):
                wire.connections += 1
                return super().connect()

            def sendAndReceive(self, msg, *most):
                answer = super().sendAndReceive(msg, *most)
                wire.note(msg, answer)
                return answer

            def send(self, msg):
                self.second_try = msg
                super().send(msg)

            def receive(self, length=1024):
                answer = super().receive(length)
                wire.note(self.second_try, answer)
                # The dialler reads the answer to its second try as if it were text: version
                # 0.2.2 fails on the octets that it gets.
                return answer.decode() if answer else answer

        return Watched


def dialler(scenario, key):
    spt = dc09_spt(scenario["account"], scenario["receiver"], scenario["line"])
    spt.set_path("main", "primary", scenario["host"], scenario["port"], key=key,
                 type=scenario["type"])
    path = spt.tpaths["main"]["primary"]["path"]
    path.set_offset(scenario["clock_error"])
    return spt


def send(spt, token, parameters):
    try:
        spt.send_msg(token, parameters)
    except Exception as error:
        return {"acknowledged": False, "error": repr(error)}
    return {"acknowledged": spt.notSent() == 0, "error": None}


def main():
    scenario = json.load(sys.stdin)
    key = bytes.fromhex(scenario["key"]) if scenario["key"] else None
    wire = Wire(key)
    transpath.TransPathTCP = wire.watching(transpath.TransPathTCP)
    transpath.TransPathUDP = wire.watching(transpath.TransPathUDP)
    spt = dialler(scenario, key)
    polls = 0
    if scenario["polls"]:
        spt.start_poll(0.01, retry_delay=0.01)
    messages = [send(spt, token, parameters) for token, parameters in scenario["messages"]]
    if scenario["polls"]:
        until = time.monotonic() + PATIENCE
        while spt.state()["poll count"] < scenario["polls"] and time.monotonic() < until:
            time.sleep(0.01)
        polls = spt.state()["poll count"]
        spt.stop_poll()
    json.dump({
        "messages": messages,
        "polls": polls,
        "connections": wire.connections,
        "exchanges": wire.exchanges,
    }, sys.stdout)


if __name__ == "__main__":
    main()

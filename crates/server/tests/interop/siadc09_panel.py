"""A panel made of the codec siadc09: it writes every frame and reads every answer.

Reads one JSON object from standard input and prints one. The codec brings no connection, so this
file carries its octets, and sets the clock when the station says NAK, as a panel does.

scenario  host, port, type (tcp, udp), account, receiver, prefix (the codec's word for the line),
          key (hexadecimal digits or null), stamped, keeps_connection,
          messages ([token, data, extended data, clock error in seconds])
report    for each message: answer (token, sequence, account, prefix, receiver, encrypted, and
          stamped, as the codec read them), unread (what the codec could not read, and why),
          tries, pad
"""

import json
import socket
import sys
from datetime import timedelta

from siadc09 import message, util, xdata
from siadc09.account import Account

PATIENCE = 10.0


class Line:
    """A connection, or a socket for datagrams."""

    def __init__(self, scenario):
        kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[scenario["type"]]
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((scenario["host"], scenario["port"]))

    def ask(self, frame):
        """Sends a frame; its answer."""
        self.socket.sendall(frame)
        answer = b""
        while not answer.endswith(b"\r"):
            octets = self.socket.recv(2048)
            if not octets:
                raise ConnectionError("closed without an answer")
            answer += octets
        return answer

    def close(self):
        self.socket.close()


def told(answer):
    """What the codec read in an answer."""
    return {
        "token": answer.idtoken,
        "sequence": answer.seq,
        "account": "%X" % answer.account.acct,
        "prefix": answer.account.pref,
        "receiver": answer.account.rcvr,
        "encrypted": answer.encrypted,
        "stamped": answer.timestamp is not None,
    }


def pad(frame, key):
    """How many octets stand before the bar, or before the end of empty data."""
    if key is None:
        return None
    clear = util.decrypt(key, bytes.fromhex(frame[frame.index(b"[") + 1:-1].decode()))
    ends = [at for at in (clear.find(b"|"), clear.find(b"]")) if at >= 0]
    return min(ends)


class Panel:
    def __init__(self, scenario):
        self.scenario = scenario
        self.account = Account(
            acct=int(scenario["account"], 16),
            rcvr=scenario["receiver"],
            pref=scenario["prefix"],
            key=scenario["key"],
        )
        self.line = None

    def time(self, error):
        return util.now() + timedelta(seconds=error)

    def message(self, token, data, extended):
        blocks = [xdata.parse_xdata(block.encode("latin-1")) for block in extended]
        content = xdata.Data(data.encode("latin-1")) if data else None
        config = {"idtoken": token, "data": content, "xdata": blocks}
        return message.Message(self.account, config)

    def send(self, sequence, token, data, extended, error):
        """Sends a message until it has an answer that the codec reads, twice at most."""
        asks = self.message(token, data, extended)
        unread = []
        for tries in (1, 2):
            stamp = self.time(error) if self.scenario["stamped"] else None
            frame = asks.encode(seq=sequence, timestamp=stamp)
            raw = self.ask(frame)
            report = {"answer": None, "unread": unread, "tries": tries,
                      "pad": pad(frame, self.account.key)}
            try:
                report["answer"] = told(message.parse_frame(raw, self.account.key))
                return report
            except Exception as fault:
                unread.append({"text": raw.decode("latin-1"), "why": str(fault)})
            if b'"NAK"' not in raw:
                return report
            # What a NAK says is the station's time.
            station = util.fromtimestamp(raw[raw.rindex(b"_") + 1:-1].decode())
            error = (station - util.now()).total_seconds()
        return report

    def ask(self, frame):
        if self.line is None:
            self.line = Line(self.scenario)
        try:
            return self.line.ask(frame)
        finally:
            if not self.scenario["keeps_connection"]:
                self.close()

    def close(self):
        if self.line is not None:
            self.line.close()
            self.line = None


def main():
    scenario = json.load(sys.stdin)
    panel = Panel(scenario)
    reports = []
    sequence = 0
    for token, data, extended, error in scenario["messages"]:
        supervision = token in ("NULL", "XNM")
        sequence += not supervision
        reports.append(panel.send(0 if supervision else sequence, token, data, extended, error))
    panel.close()
    json.dump(reports, sys.stdout)


if __name__ == "__main__":
    main()

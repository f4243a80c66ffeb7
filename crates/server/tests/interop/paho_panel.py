"""A panel on paho-mqtt that does what a scenario says, and reports what paho was told.

The scenario comes on standard input, as JSON: {"clients": {NAME: {...}}, "steps": [...]}. Each step
names a client and what it does; the report is a list with one entry for each step, in their order.
Nothing is judged here: reason codes, flags and ends of connections are passed on as paho gives them.
"""

import json
import queue
import ssl
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

# How long a step may take; the caller has a limit of its own for all of them.
LIMIT = 20


class Panel:
    """One MQTT client and everything that happened to it, in its order."""

    def __init__(self, setting):
        self.setting = setting
        self.five = setting.get("version", 5) == 5
        self.happened = queue.Queue()
        self.client = None

    def connect(self, step):
        setting = {**self.setting, **step}
        protocol = mqtt.MQTTv5 if self.five else mqtt.MQTTv311
        extra = {} if self.five else {"clean_session": True}
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=setting["client_id"],
            protocol=protocol,
            reconnect_on_failure=False,
            **extra,
        )
        context = ssl.create_default_context(cafile=setting["ca"])
        if setting.get("tls") == "1.2":
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if "certificate" in setting:
            context.load_cert_chain(setting["certificate"], setting["key"])
        client.tls_set_context(context)
        if "user" in setting:
            client.username_pw_set(setting["user"], setting.get("password"))
        if "will" in setting:
            will = setting["will"]
            client.will_set(will["topic"], will["payload"], will.get("qos", 1), will.get("retain", True))
        client.on_connect = self._connected
        client.on_publish = lambda c, u, mid, code, properties: self._put("published", mid, code)
        client.on_subscribe = lambda c, u, mid, codes, properties: self._put("subscribed", mid, codes)
        client.on_disconnect = self._disconnected
        self.client = client
        try:
            client.connect(setting["host"], setting["port"], keepalive=setting.get("keepalive", 30))
        except (ssl.SSLError, OSError) as error:
            return {"failed": type(error).__name__, "text": str(error)}
        client.loop_start()
        what, first, second = self._next()
        if what == "connected":
            return {"reason": first, **second}
        return {"ended": first}

    def publish(self, step):
        properties = None
        if self.five and "content_type" in step:
            properties = Properties(PacketTypes.PUBLISH)
            properties.ContentType = step["content_type"]
        payload = step.get("payload", "")
        if "hex" in step:
            payload = bytes.fromhex(step["hex"])
        elif not isinstance(payload, str):
            payload = json.dumps(payload)
        info = self.client.publish(
            step["topic"], payload, step.get("qos", 1), step.get("retain", False), properties
        )
        if step.get("qos", 1) == 0:
            return {"sent": info.rc}
        what, first, second = self._next()
        if what == "published":
            return {"reason": second}
        return {"ended": first}

    def subscribe(self, step):
        self.client.subscribe(step["topic"], step.get("qos", 1))
        what, first, second = self._next()
        return {"reasons": second} if what == "subscribed" else {"ended": first}

    def await_end(self, step):
        what, first, second = self._next()
        return {"ended": first, **(second or {})} if what == "ended" else {"unexpected": what}

    def disconnect(self, step):
        self.client.disconnect()
        what, first, _ = self._next()
        self.client.loop_stop()
        return {"ended": first} if what == "ended" else {"unexpected": what}

    def vanish(self, step):
        """Ends without DISCONNECT, as a panel whose power is cut."""
        self.client.loop_stop()
        self.client._sock_close()
        return {}

    def _connected(self, client, userdata, flags, code, properties):
        told = {"session_present": flags.session_present}
        if self.five and properties is not None:
            told["properties"] = {name: value for name, value in properties.json().items()}
        self.happened.put(("connected", value_of(code), told))

    def _disconnected(self, client, userdata, flags, code, properties):
        told = {}
        if self.five and properties is not None:
            told["properties"] = {name: value for name, value in properties.json().items()}
        self.happened.put(("ended", value_of(code), told))

    def _put(self, what, mid, codes):
        codes = [value_of(code) for code in codes] if isinstance(codes, list) else value_of(codes)
        self.happened.put((what, mid, codes))

    def _next(self):
        try:
            return self.happened.get(timeout=LIMIT)
        except queue.Empty:
            return ("ended", "nothing came", None)


def value_of(code):
    """The number of a reason code, whichever form paho gives it."""
    return getattr(code, "value", code)


def main():
    scenario = json.load(sys.stdin)
    panels = {name: Panel(setting) for name, setting in scenario["clients"].items()}
    report = []
    for step in scenario["steps"]:
        panel = panels[step["client"]]
        report.append(getattr(panel, step["do"])(step))
        if "say" in step:
            print(step["say"], file=sys.stderr, flush=True)
    json.dump(report, sys.stdout)


main()

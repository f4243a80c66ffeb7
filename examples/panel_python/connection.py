"""One MQTT connection, from the TLS handshake to its end.

Each connection has a new client of paho. The server keeps no session (session expiry 0), and so the
library must not keep one either: what is to be sent again is the business of `memory`.

What happens comes out of one queue, as tuples of a name, this connection, and

    connected      CONNACK's properties
    acknowledged   packet id, reason code, reason
    ended          reason code, retry-after, reason: None where nothing was told
"""

import json
import ssl

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL: the chain and the name are checked, the dates are not.
NO_CHECK_TIME = 0x200000

# Section 4 of the protocol: not more messages than this without PUBACK, of all topics together.
RECEIVE_MAXIMUM = 16


def trust(options, clock):
    """How the server is checked, and what is shown to it. There is no way to leave this out."""
    context = ssl.create_default_context(cafile=options.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not clock.is_set:
        # In 1970 every certificate lies in the future.
        context.verify_flags |= NO_CHECK_TIME
    if options.cert:
        context.load_cert_chain(options.cert, options.key)
    return context


class Connection:
    """A client with a will, and the events that are under way on it."""

    def __init__(self, options, clock, boot, keep_alive, happenings):
        self._topic = f"ap/v1/{options.account}/"
        self._five = not options.mqtt311
        self._happenings = happenings
        # Packet id of a PUBLISH to its event; None for other messages.
        self._under_way = {}
        self._sent = set()
        # What CONNACK or DISCONNECT said.
        self._end = (None, None, None)
        client_id = f"{options.account}/{options.path}" if options.path else options.account
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5 if self._five else mqtt.MQTTv311,
            clean_session=None if self._five else True,
            reconnect_on_failure=False,
        )
        self._client.tls_set_context(trust(options, clock))
        if options.secret:
            self._client.username_pw_set(options.account, options.secret)
        if boot is not None:
            will = json.dumps({"state": "lost", "boot": boot})
            self._client.will_set(self._topic + "conn", will, qos=1)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_disconnect = self._on_disconnect
        self._address = (options.host, options.port)
        self._keep_alive = keep_alive

    def open(self):
        """Connects. What comes of it comes out of the queue."""
        extra = {"clean_start": True} if self._five else {}
        self._client.connect(*self._address, keepalive=self._keep_alive, **extra)
        self._client.loop_start()

    def close(self):
        """Ends it in order; the server drops the will."""
        self._client.disconnect()
        self._client.loop_stop()

    def has_room(self):
        return len(self._under_way) < RECEIVE_MAXIMUM

    def say(self, topic, members):
        """Publishes a `conn` or a `status`. If it is lost, the next one says it again."""
        self._publish(topic, members, None)

    def send(self, event):
        """Publishes an event; its PUBACK comes out of the queue."""
        self._sent.add(event["seq"])
        self._publish("evt", event, event)

    def has_sent(self, event):
        return event["seq"] in self._sent

    def acknowledged(self, packet_id):
        """The event of a PUBACK; None if it was for something else."""
        return self._under_way.pop(packet_id, None)

    def _publish(self, topic, members, event):
        published = self._client.publish(self._topic + topic, json.dumps(members), qos=1)
        self._under_way[published.mid] = event

    # Called by paho, in its thread.

    def _on_connect(self, client, userdata, flags, reason_code, properties):
        if reason_code.is_failure:
            self._end = (reason_code.value, *told(properties))
        else:
            self._happenings.put(("connected", self, properties))

    def _on_publish(self, client, userdata, packet_id, reason_code, properties):
        _, reason = told(properties)
        self._happenings.put(("acknowledged", self, packet_id, reason_code.value, reason))

    def _on_disconnect(self, client, userdata, flags, reason_code, properties):
        if flags.is_disconnect_packet_from_server and reason_code is not None:
            self._end = (reason_code.value, *told(properties))
        self._happenings.put(("ended", self, *self._end))


def told(properties):
    """What a refusal tells in MQTT 5: after how many seconds to come back, and why."""
    pairs = dict(getattr(properties, "UserProperty", []))
    after = pairs.get("retry-after", "")
    return (int(after) if after.isdigit() else None, getattr(properties, "ReasonString", None))


def server_time(properties):
    """The server's time of a CONNACK, in milliseconds since 1970, or None."""
    millis = dict(getattr(properties, "UserProperty", [])).get("time", "")
    return int(millis) if millis.isdigit() else None

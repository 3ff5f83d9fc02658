"""The Signal role over raw HTTP/2: streams, messages, and their end with the server's."""

import struct
import time

from harness import PREFACE, TestCase, h2_frame, hpack, receive_exactly, seconds_until_closed, unary_call

STREAM = "/signalexchange.SignalExchange/ConnectStream"
SEND = "/signalexchange.SignalExchange/Send"


def message(key, remote_key, body):
    """signalexchange.EncryptedMessage"""
    return b"".join(bytes([number << 3 | 2, len(value)]) + value
                    for number, value in ((2, key), (3, remote_key), (4, body)))


def open_stream(node, key):
    """A ConnectStream whose registration the server has confirmed."""
    connection = node.connect()
    headers = hpack([(":method", "POST"), (":scheme", "http"), (":path", STREAM), (":authority", "test"),
                     ("content-type", "application/grpc"), ("te", "trailers"), ("x-wiretrustee-peer-id", key)])
    connection.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(1, 4, 1, headers))
    while True:
        kind, flags, payload = frame(connection)
        if kind == 1:
            if b"x-wiretrustee-peer-registered" not in payload and flags & 1:
                raise AssertionError(payload)
            return connection


def frame(connection):
    """The next frame that is not about settings, pings or windows."""
    while True:
        head = receive_exactly(connection, 9)
        payload = receive_exactly(connection, int.from_bytes(head[:3], "big"))
        kind, flags = head[3], head[4]
        if kind == 4 and not flags & 1:
            connection.sendall(h2_frame(4, 1, 0))
        elif kind == 6 and not flags & 1:
            connection.sendall(h2_frame(6, 1, 0, payload))
        if kind in (0, 1, 3, 7):
            return kind, flags, payload


class Signal(TestCase):
    def setUp(self):
        self.one = self.node(config="")
        self.one.start()

    def send(self, key, remote_key, body):
        with self.one.connect() as connection:
            self.assertEqual(unary_call(connection, SEND, message(key, remote_key, body)), b"")

    def peers(self, wanted):
        deadline = time.monotonic() + 5
        while self.one.status()["signal"]["peers"] != wanted:
            self.assertLess(time.monotonic(), deadline, self.one.status()["signal"])
            time.sleep(0.02)

    def test_messages_arrive_as_they_were_sent(self):
        with open_stream(self.one, "bob") as bob:
            self.peers(1)
            for number in range(100):
                body = b"hello %d" % number
                self.send(b"alice", b"bob", body)
                kind, _, payload = frame(bob)
                sent = message(b"alice", b"bob", body)
                self.assertEqual((kind, payload), (0, b"\x00" + struct.pack(">I", len(sent)) + sent))
        self.peers(0)

    def test_newest_stream_wins(self):
        with open_stream(self.one, "bob") as older:
            self.peers(1)
            with open_stream(self.one, "bob") as newer:
                older.settimeout(5)
                kind, flags, _ = frame(older)  # ends with trailers
                self.assertIn(kind, (1, 3))
                self.send(b"alice", b"bob", b"to the newer")
                self.assertEqual(frame(newer)[2][-12:], b"to the newer")

    def test_nobody_there(self):
        self.send(b"alice", b"nobody", b"x")
        self.send(b"alice", b"dummy", b"x")
        self.assertEqual(self.one.status()["signal"]["not_connected"], 1)

    def test_server_ends_with_open_streams(self):
        with open_stream(self.one, "alice") as alice, open_stream(self.one, "bob"):
            self.peers(2)
            began = time.monotonic()
            self.assertEqual(self.one.stop(), 0)
            self.assertLess(time.monotonic() - began, 9.5)
            self.assertLess(seconds_until_closed(alice, 5), 1)

    def test_server_ends_after_closed_streams(self):
        for _ in range(3):
            with open_stream(self.one, "alice"), open_stream(self.one, "bob"):
                self.peers(2)
            self.peers(0)
        self.assertEqual(self.one.stop(), 0)

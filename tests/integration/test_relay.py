"""The relay with authenticated agents, one of which misbehaves. Messages: tests/data/relay.json."""

import json
import socket
import threading
import time

from harness import ROOT, TestCase, client_frame, measured, receive_exactly, seconds_until_closed, upgrade

VECTORS = json.loads((ROOT / "tests/data/relay.json").read_text())
SECRET = VECTORS["relay_token_v2"]["secret"]
AUTH_A = bytes.fromhex(VECTORS["messages"]["auth"]["hex"])
TOKEN = AUTH_A[42:]


def peer_id(name):
    return b"sha-" + name.encode().ljust(32, b".")


def receive(connection):
    """The next message; of frames from the server."""
    head = receive_exactly(connection, 2)
    size = head[1] & 0x7F
    if size == 126:
        size = int.from_bytes(receive_exactly(connection, 2), "big")
    return receive_exactly(connection, size)


def join(node, name):
    connection = upgrade(node)
    connection.settimeout(5)
    connection.sendall(client_frame(AUTH_A[:6] + peer_id(name) + TOKEN))
    answer = receive(connection)
    if answer[:2] != b"\x01\x07":
        raise AssertionError(answer)
    return connection


def transport(name, payload):
    return client_frame(b"\x01\x03" + peer_id(name) + payload)


class Relay(TestCase):
    def setUp(self):
        self.one = self.node(config="")
        self.assertIn(SECRET, (self.one.directory / "config.yaml").read_text())
        self.one.start()

    def pair(self):
        a, b = join(self.one, "a"), join(self.one, "b")
        self.addCleanup(a.close)
        self.addCleanup(b.close)
        # A moment until both are routable: the first frame that gets through says so.
        for sender, target, receiver in ((a, "b", b), (b, "a", a)):
            receiver.settimeout(0.2)
            for _ in range(25):
                sender.sendall(transport(target, b"hello"))
                try:
                    receive(receiver)
                    break
                except TimeoutError:
                    continue
            receiver.settimeout(5)
        return a, b

    def echo(self, a, b, payload=b"payload"):
        a.sendall(transport("b", payload))
        while True:
            message = receive(b)
            if message == b"\x01\x03" + peer_id("a") + payload:
                return

    def test_frames(self):
        a, b = self.pair()
        for size in (0, 1, 100, 1500, 8782):
            self.echo(a, b, bytes([size & 255]) * size)
        b.sendall(transport("a", b"back"))
        self.assertEqual(receive(a), b"\x01\x03" + peer_id("b") + b"back")

    def test_bad_messages(self):
        a, b = self.pair()
        for vector in VECTORS["authenticated_bad_messages"]:
            with self.subTest(vector["name"]):
                with join(self.one, "bad") as bad:
                    bad.sendall(client_frame(bytes.fromhex(vector["hex"])))
                    if "closed" in vector["expected"]:
                        self.assertLess(seconds_until_closed(bad), 2)
                    else:
                        bad.sendall(transport("b", b"still here"))
                        self.assertEqual(receive(b)[38:], b"still here")
            self.echo(a, b)

    def test_wrong_tokens(self):
        for vector in VECTORS["relay_token_v2_negative"]:
            with self.subTest(vector["name"]), upgrade(self.one) as connection:
                try:
                    connection.sendall(client_frame(AUTH_A[:42] + bytes.fromhex(vector["token_hex"])))
                except ConnectionError:
                    continue
                connection.settimeout(12)
                self.assertEqual(connection.recv(10), b"")
        self.assertIn("auth: invalid token", self.one.log())

    def test_frames_that_break_websocket(self):
        a, b = self.pair()
        for name, data in (("not masked", client_frame(b"\x01\x05", masked=False)),
                           ("text", client_frame(b"\x01\x05", opcode=1)),
                           ("empty", client_frame(b"")),
                           ("fragment", client_frame(b"\x01\x05", final=False)),
                           ("oversized", client_frame(b"\x01\x03" + bytes(8900))),
                           ("oversized, announced only", b"\x82\xff\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"),
                           ("reserved bit", bytes([0xC2]) + client_frame(b"\x01\x05")[1:])):
            with self.subTest(name):
                with join(self.one, "bad") as bad:
                    bad.sendall(data)
                    self.assertLess(seconds_until_closed(bad), 2)
            self.echo(a, b)

    def test_an_agent_that_does_not_read_slows_nobody(self):
        a, b = self.pair()
        deaf = upgrade(self.one)
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(5)
        deaf.sendall(client_frame(AUTH_A[:6] + peer_id("deaf") + TOKEN))
        receive(deaf)
        flood = transport("deaf", bytes(8000)) * 10
        over = threading.Event()

        def shout():
            with join(self.one, "loud") as loud:
                loud.settimeout(5)
                while not over.is_set():
                    loud.sendall(flood)

        thread = threading.Thread(target=shout)
        thread.start()
        try:
            slowest = 0.0
            for _ in range(100):
                began = time.monotonic()
                self.echo(a, b)
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.01)
        finally:
            over.set()
            thread.join()
        measured(f"relay echo beside an agent that does not read: slowest of 100 {slowest * 1000:.1f} ms")
        self.assertLess(slowest, 1.0)

    def test_newest_session_wins(self):
        a, b = self.pair()
        newer = join(self.one, "b")
        self.addCleanup(newer.close)
        self.assertLess(seconds_until_closed(b, 5), 2)
        for _ in range(25):
            a.sendall(transport("b", b"to the newer"))
            newer.settimeout(0.2)
            try:
                self.assertEqual(receive(newer)[38:], b"to the newer")
                return
            except TimeoutError:
                continue
        self.fail("nothing reached the newer session")

    def test_presence(self):
        a, _ = self.pair()
        a.sendall(client_frame(b"\x01\x08" + peer_id("late")))
        time.sleep(0.1)
        late = join(self.one, "late")
        self.assertEqual(receive(a), b"\x01\x0a" + peer_id("late"))
        late.close()
        self.assertEqual(receive(a), b"\x01\x0b" + peer_id("late"))

    def test_goodbye(self):
        a, _ = self.pair()
        self.one.process.terminate()
        self.assertEqual(receive(a), b"\x01\x04")
        a.close()
        self.assertEqual(self.one.ended(), 0)

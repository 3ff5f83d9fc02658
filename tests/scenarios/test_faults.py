"""Every fault point of every adapter is passed, and goes wrong in each way it knows: the node lives on, or is as good as
new after it died."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time

from harness import BINARY, HOST, TestCase, client_frame, measured, unary_call, upgrade
from test_relay import AUTH_A, TOKEN, join, peer_id, transport
from test_signal import SEND, message, open_stream
from test_signal_pool import Pool

DELAY = 0.5  # seconds
WENT_WRONG = (OSError, AssertionError, TimeoutError, http.client.HTTPException)


def stun_request(node):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        client.sendto(bytes.fromhex("000100002112a442000102030405060708090a0b"), (HOST, node.stun_port))
        client.recv(100)


def login(node):
    """A box that nobody can open; that it is tried is enough."""
    key = b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    with node.connect(timeout=3) as connection:
        unary_call(connection, "/management.ManagementService/Login", b"\x0a\x2c" + key + b"\x12\x28" + bytes(40))


def key_of_server(node):
    with node.connect(timeout=3) as connection:
        unary_call(connection, "/management.ManagementService/GetServerKey")


def signal_message(node):
    with open_stream(node, "bob") as bob, node.connect(timeout=3) as connection:
        unary_call(connection, SEND, message(b"alice", b"bob", b"hello"))
        bob.settimeout(3)
        bob.recv(100)


def relay_login(node):
    with upgrade(node) as connection:
        connection.settimeout(3)
        connection.sendall(client_frame(AUTH_A[:6] + peer_id("a") + TOKEN))
        if not connection.recv(100):
            raise ConnectionError("closed")


def relay_frame(node):
    with join(node, "a") as a, join(node, "b") as b:
        b.settimeout(0.2)
        for _ in range(10):  # until both are routable
            a.sendall(transport("b", b"hello"))
            with contextlib.suppress(TimeoutError):
                return b.recv(100)


def request_with_token(node):
    node.get("/api/users/current", token=node.access_token, timeout=3)


# What passes each point.
DRIVERS = {
    "control.request": lambda node: node.command("log-level", check=False),
    "crypto.open": login,
    "front.accept": lambda node: node.get("/api/health", timeout=3),
    "grpc.stream": lambda node: open_stream(node, "carol").close(),
    "grpc.unary": key_of_server,
    "grpc.write": signal_message,
    "http.request": lambda node: node.get("/api/health", timeout=3),
    "relay.deliver": relay_frame,
    "relay.handshake": relay_login,
    "sqlite.begin": lambda node: node.command("setup-key", "create", check=False),
    "sqlite.commit": lambda node: node.command("setup-key", "create", check=False),
    "sqlite.read": request_with_token,
    "stun.receive": stun_request,
}


# What nodes of a pool pass all the time, and by finding each other again.
POOL = {"links.dial", "links.read", "nats.publish", "nats.receive"}


class Faults(TestCase):
    def setUp(self):
        self.one = self.node(config="", level="info")
        self.one.start()
        self.one.access_token = self.one.token()

    def points(self):
        return {p["name"]: p for p in json.loads(self.one.command("debug", "faults", "--json").stdout)["points"]}

    def arm(self, point, action):
        self.one.command("debug", "fault", point, action, "--delay", str(int(DELAY * 1000)))

    def drive(self, point):
        with contextlib.suppress(*WENT_WRONG):
            DRIVERS[point](self.one)

    def serves(self):
        """Every edge works as if nothing had been."""
        self.assertEqual(self.one.get("/api/health").status, 200)
        for driver in (key_of_server, stun_request, signal_message, relay_login):
            driver(self.one)
        self.one.setup_key()

    def test_every_point_is_known_here(self):
        self.assertEqual(set(self.points()), set(DRIVERS) | POOL)

    def test_delay_error_drop(self):
        for point, known in self.points().items():
            for action in known["actions"]:
                if action == "die" or point in POOL:
                    continue
                with self.subTest(f"{point} {action}"):
                    hits = self.points()[point]["hit"]
                    began = time.monotonic()  # what the node does by itself may pass the point first
                    self.arm(point, action)
                    self.drive(point)
                    if action == "delay":
                        self.assertGreater(time.monotonic() - began, DELAY)
                    self.assertEqual(self.points()[point]["hit"], hits + 1)
                    self.serves()

    def test_die(self):
        for point in DRIVERS:
            with self.subTest(point):
                self.arm(point, "die")
                self.drive(point)
                self.assertEqual(self.one.ended(5), -signal.SIGKILL)
                self.one.start()
                self.serves()


class PoolFaults(Pool):
    def together(self):
        super().together()
        for node in self.nodes:
            node.wait_log("link to node")

    def debug(self, node, *arguments):
        path = re.findall(r"control socket: (.*)", node.log())[-1]
        return subprocess.run([BINARY, "debug", *arguments, "--socket", path], capture_output=True, text=True, timeout=10,
                              check=True).stdout

    def hits(self, point):
        """Of both nodes."""
        return sum(p["hit"] for node in self.nodes for p in json.loads(self.debug(node, "faults", "--json"))["points"]
                   if p["name"] == point)

    def arm(self, point, action, nodes):
        for node in nodes:
            self.debug(node, "fault", point, action, "--delay", str(int(DELAY * 1000)))
            if point == "links.dial":  # whichever of them dials
                self.debug(node, "fault", "links.read", "error")

    def disarm(self):
        for node in self.nodes:
            for point in POOL:
                self.debug(node, "fault", point, "none")

    def eventually(self, check, what):
        deadline = time.monotonic() + 10
        while not check():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)

    def messages_cross(self):
        one, two = self.nodes
        with open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"hello", 10)

    def test_delay_error_drop(self):
        for point, actions in (("links.dial", ("delay", "error")), ("links.read", ("delay", "error")),
                               ("nats.publish", ("delay", "error", "drop")), ("nats.receive", ("delay", "drop"))):
            for action in actions:
                with self.subTest(f"{point} {action}"):
                    before = self.hits(point)
                    self.arm(point, action, self.nodes)
                    self.eventually(lambda: self.hits(point) > before, "not hit")
                    self.disarm()
                    self.messages_cross()

    def test_die(self):
        for point in sorted(POOL):
            with self.subTest(point):
                self.arm(point, "die", self.nodes if point == "links.dial" else self.nodes[:1])
                self.eventually(lambda: any(node.process.poll() is not None for node in self.nodes), "both live")
                dead = [node for node in self.nodes if node.process.poll() is not None]
                for node in set(self.nodes) - set(dead):
                    self.debug(node, "fault", point, "none")
                for node in dead:
                    self.assertEqual(node.process.returncode, -signal.SIGKILL)
                    starts = node.log().count("started Signal Service")
                    node.start().wait_log("started Signal Service", count=starts + 1)
                self.messages_cross()


class Watchdog(TestCase):
    def test_a_stuck_actor_is_named(self):
        node = self.node(config="", level="info")
        file = node.directory / "config.yaml"
        file.write_text(file.read_text() + "\nrookery:\n  watchdog: {stuckAfter: 300ms, stuckAfterBlocking: 500ms}\n")
        node.start()
        node.setup_key()
        node.command("debug", "fault", "sqlite.commit", "delay", "--delay", "3000")
        began = time.monotonic()
        waiting = threading.Thread(target=node.setup_key)
        waiting.start()
        self.addCleanup(waiting.join)
        self.wait_log(node, "is stuck: it has handled one", 3)
        measured(f"a store that hangs is told of after {time.monotonic() - began:.1f} s, 0.5 s wanted")
        rows = {row["path"]: row for row in node.status()["actors"]}
        self.assertIn("Transact", rows["node/storage/store"]["handling"])
        self.assertEqual([path for path, row in rows.items() if row.get("stuck")], ["node/storage/store"])
        self.assertRegex(node.command("status").stdout, r"store .* stuck for \d\.\d s in .*Transact")
        self.assertRegex(node.log(), r"WARN .*: node/storage/store is stuck: it has handled one \S*Transact for \d+ ms")
        self.wait_log(node, "node/storage/store is free again after", 5)
        self.assertFalse(any(row.get("stuck") for row in node.status()["actors"]))
        self.assertEqual(node.log().count("is stuck: "), 1)

    def wait_log(self, node, text, limit):
        deadline = time.monotonic() + limit
        while text not in node.log():
            self.assertLess(time.monotonic(), deadline, node.tail())
            time.sleep(0.02)

"""Signal nodes that act as one over NATS: real nodes, real nats-servers."""

import contextlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, HOST, TestCase, free_port, measured, unary_call
from test_signal import SEND, frame, message, open_stream

NATS_SERVER = shutil.which("nats-server") or "/usr/sbin/nats-server"


class Nats:
    """A cluster of nats-servers."""

    def __init__(self, size, directory):
        self.directory = pathlib.Path(directory)
        self.ports = [free_port() for _ in range(size)]
        self.routes = [free_port() for _ in range(size)]
        self.processes = [None] * size

    @property
    def endpoints(self):
        return ",".join(f"nats://{HOST}:{port}" for port in self.ports)

    def start(self, index):
        others = ",".join(f"nats://{HOST}:{port}" for port in self.routes)
        with open(self.directory / f"nats{index}.log", "ab") as log:
            self.processes[index] = subprocess.Popen(
                [NATS_SERVER, "-a", HOST, "-p", str(self.ports[index]), "--cluster_name", "test", "--cluster",
                 f"nats://{HOST}:{self.routes[index]}", "--routes", others], stdout=log, stderr=log)
        return self

    def start_all(self):
        for index in range(len(self.ports)):
            self.start(index)
        return self

    def kill(self, index):
        if self.processes[index] and self.processes[index].poll() is None:
            self.processes[index].kill()
            self.processes[index].wait()

    def kill_all(self):
        for index in range(len(self.ports)):
            self.kill(index)


class SignalNode:
    """One `rookery signal` process of a pool."""

    def __init__(self, directory, endpoints, name):
        self.port, self.metrics_port = free_port(), free_port()
        self.log_file = pathlib.Path(directory) / f"{name}.log"
        self.environment = {**os.environ, "SINGLE_NODE_MODE": "false", "NATS_ENDPOINTS": endpoints}
        self.process = None

    def start(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "signal", "--port", str(self.port), "--metrics-port", str(self.metrics_port), "--log-level",
                 "debug"], env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.wait_log("started Signal Service")
        return self

    def log(self):
        return self.log_file.read_text(errors="replace")

    def wait_log(self, text, limit=10, count=1):
        deadline = time.monotonic() + limit
        while self.log().count(text) < count:
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no {text!r} within {limit} s:\n{self.log()[-3000:]}")
            time.sleep(0.01)

    def connect(self, timeout=20):
        return socket.create_connection((HOST, self.port), timeout=timeout)

    def get(self, path):
        connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer

    def send(self, key, remote_key, body):
        with self.connect() as connection:
            return unary_call(connection, SEND, message(key, remote_key, body))

    def suspend(self):
        """Returns once every thread stands still: until then it may deliver what comes."""
        self.process.send_signal(signal.SIGSTOP)
        threads = pathlib.Path(f"/proc/{self.process.pid}/task")
        while any((thread / "stat").read_text().rsplit(")", 1)[1].split()[0] != "T" for thread in threads.iterdir()):
            time.sleep(0.001)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


def next_body(stream, limit=5):
    """The body of the next message of a stream; None: it ended."""
    stream.settimeout(limit)
    kind, _, payload = frame(stream)
    if kind != 0:
        return None
    size = struct.unpack(">I", payload[1:5])[0]
    sent = payload[5:5 + size]
    return sent[sent.index(b"\x22") + 2:]  # field 4; keys in these tests have no quote in them


@unittest.skipUnless(os.path.exists(NATS_SERVER), "no nats-server")
class Pool(TestCase):
    servers = 1

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="rookery-pool-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        self.nats = Nats(self.servers, directory.name).start_all()
        self.addCleanup(self.nats.kill_all)
        self.nodes = [self.signal_node(name) for name in ("one", "two")]
        for node in self.nodes:
            node.start()
        self.together()

    def signal_node(self, name):
        node = SignalNode(self.directory, self.nats.endpoints, name)
        self.addCleanup(node.kill)
        return node

    def together(self):
        for node in self.nodes:
            node.wait_log("is in the pool")

    def arrives(self, via, stream, body, limit=5):
        """Sends via a node until it arrives: agents repeat. Seconds."""
        began = time.monotonic()
        while time.monotonic() - began < limit:
            with contextlib.suppress(OSError):
                via.send(b"alice", b"bob", body)
            with contextlib.suppress(TimeoutError):
                while True:
                    got = next_body(stream, 0.05)
                    if got is None:
                        self.fail("the stream ended")
                    if got == body:
                        return time.monotonic() - began
        self.fail(f"{body} did not arrive within {limit} s")


class OneServer(Pool):
    def test_messages_cross_in_order(self):
        one, two = self.nodes
        with open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"first")
            for number in range(100):
                one.send(b"alice", b"bob", b"%d" % number)
            self.assertEqual([next_body(bob) for _ in range(100)], [b"%d" % n for n in range(100)])

    def test_heartbeat_to_oneself_by_another_node(self):
        one, two = self.nodes
        with open_stream(two, "carol") as carol:
            deadline = time.monotonic() + 5
            got = None
            while got is None and time.monotonic() < deadline:
                one.send(b"carol", b"carol", b"me")
                with contextlib.suppress(TimeoutError):
                    got = next_body(carol, 0.1)
            self.assertEqual(got, b"me")

    def test_newest_stream_wins_across_nodes(self):
        one, two = self.nodes
        for old, new in ((one, two), (two, one)):
            with open_stream(old, "bob") as older:
                time.sleep(0.01)  # registrations are numbered by milliseconds; within one, the node's id decides
                with open_stream(new, "bob") as newer:
                    older.settimeout(3)
                    self.assertIn(frame(older)[0], (1, 3))  # trailers: it ended
                    self.arrives(old, newer, b"to the newer")

    def test_a_newcomer_knows_who_is_there(self):
        one, two = self.nodes
        with open_stream(two, "bob") as bob:
            third = self.signal_node("three").start()
            third.wait_log("is in the pool", count=2)
            third.send(b"alice", b"bob", b"from the third")
            self.assertEqual(next_body(bob), b"from the third")

    def test_a_killed_node_is_gone_and_its_agents_come_back_elsewhere(self):
        one, two = self.nodes
        with open_stream(two, "bob"):
            two.kill()
        with open_stream(one, "bob") as bob:
            one.send(b"alice", b"bob", b"again")
            self.assertEqual(next_body(bob), b"again")
        began = time.monotonic()
        one.wait_log("has left the pool", 8)
        measured(f"a killed node is noticed after {time.monotonic() - began:.1f} s")

    def test_a_node_that_says_goodbye_is_gone_at_once(self):
        one, two = self.nodes
        two.process.send_signal(signal.SIGTERM)
        self.assertEqual(two.process.wait(12), 0)
        one.wait_log("has left the pool", 1)

    def test_a_node_that_stood_still_delivers_nothing_old(self):
        one, two = self.nodes
        with open_stream(two, "bob") as old:
            self.arrives(one, old, b"before")
            two.suspend()
            for _ in range(50):
                one.send(b"alice", b"bob", b"old")
                time.sleep(0.05)
            one.wait_log("has left the pool", 8)
            with open_stream(one, "bob") as bob:
                two.process.send_signal(signal.SIGCONT)
                self.assertIsNone(next_body(old))  # its stream ends, with nothing before it
                one.send(b"alice", b"bob", b"new")
                self.assertEqual(next_body(bob), b"new")

    def test_nats_gone_and_back(self):
        one, two = self.nodes
        with open_stream(one, "alice") as alice, open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"before")
            self.nats.kill_all()
            one.wait_log("NATS connection lost")
            one.send(b"x", b"alice", b"local")  # local delivery goes on
            self.assertEqual(next_body(alice), b"local")
            time.sleep(4)
            self.nats.start_all()
            measured(f"a message crosses {self.arrives(one, bob, b'after', 10):.1f} s after NATS came back")


@unittest.skipUnless(os.path.exists(NATS_SERVER), "no nats-server")
class Alone(TestCase):
    def test_nats_is_not_there_at_the_start(self):
        directory = tempfile.TemporaryDirectory(prefix="rookery-pool-")
        self.addCleanup(directory.cleanup)
        nats = Nats(1, directory.name)
        self.addCleanup(nats.kill_all)
        node = SignalNode(directory.name, nats.endpoints, "one").start()
        self.addCleanup(node.kill)
        self.assertIn("NATS: none of", node.log())
        self.assertEqual(node.get("/").status, 503)  # serves its own, but is not ready
        nats.start_all()
        node.wait_log("node is ready")
        self.assertEqual(node.get("/").status, 200)


class ThreeServers(Pool):
    servers = 3

    def test_servers_die_one_after_the_other(self):
        one, two = self.nodes
        with open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"before")
            for index in (0, 1):
                self.nats.kill(index)
                gap = self.arrives(one, bob, b"without %d" % index, 10)
                measured(f"{2 - index} of 3 NATS servers left: a message crosses after {gap:.2f} s")

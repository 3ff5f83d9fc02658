"""A node's life as balancers, orchestrators and agents see it: health in each phase, drain, a full disk."""

import contextlib
import errno
import http.client
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from harness import BINARY, HOST, TestCase, free_port, measured, server_key, unary_call
from harness import PREFACE, h2_frame, hpack
from test_relay import join, receive
from test_signal import frame, open_stream

SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"
LEAVING = b"the server goes away"


def times(delay, timeout, goodbye):
    return {"ROOKERY_DRAIN_DELAY": delay, "ROOKERY_DRAIN_TIMEOUT": timeout, "ROOKERY_DRAIN_GOODBYE": goodbye}


def get(port, path, timeout=10):
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def check(node, service=b"", port=None):
    """grpc.health.v1.Health/Check; empty if the answer is an error."""
    with node.connect(port) as connection:
        return unary_call(connection, "/grpc.health.v1.Health/Check",
                          bytes([0x0A, len(service)]) + service if service else b"")


def watch(node):
    """An open Health/Watch call on the server as a whole."""
    connection = node.connect()
    headers = hpack([(":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Watch"),
                     (":authority", "test"), ("content-type", "application/grpc"), ("te", "trailers")])
    connection.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(1, 4, 1, headers) + h2_frame(0, 1, 1, bytes(5)))
    return connection


def data_of(connection):
    """The message of the next DATA frame."""
    while True:
        kind, _, payload = frame(connection)
        if kind == 0:
            return payload[5:]


class Life(TestCase):
    def one(self, environment, config=""):
        self.health_port, self.metrics_port = free_port(), free_port()
        return self.node(environment=environment, config=f'  healthcheckAddress: "{HOST}:{self.health_port}"\n'
                                                         f"  metricsPort: {self.metrics_port}\n{config}")

    def eventually(self, condition, limit=15, what="it"):
        deadline = time.monotonic() + limit
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"{what} did not come")
            time.sleep(0.02)

    def ready(self):
        return get(self.health_port, "/ready")


class Health(Life):
    def test_answers_in_each_phase(self):
        node = self.one(times("3s", "2s", "1s"))
        node.start()
        self.assertEqual(get(self.health_port, "/live"), (200, "live\n"))
        self.assertEqual(self.ready(), (200, "ready\n"))
        status, text = get(self.health_port, "/health")
        self.assertEqual((status, json.loads(text)["status"], json.loads(text)["listeners"]), (200, "healthy", ["ws"]))
        self.assertEqual(get(self.health_port, "/other")[0], 404)
        answer = node.get("/api/health")
        self.assertEqual((answer.status, answer.value["status"], answer.value["checks"]),
                         (200, "ok", {"sqlite": {"status": "ok"}}))
        for service in (b"", b"signalexchange.SignalExchange", b"management.ManagementService"):
            self.assertEqual(check(node, service), SERVING)
        self.assertEqual(check(node, b"no.Such"), b"")
        for legacy in (10000, 33073):
            with contextlib.suppress(OSError):  # a machine's other node may have them
                self.assertEqual(check(node, port=legacy), SERVING)
        self.assertEqual(node.status()["state"], "ready")

        watching = watch(node)
        self.addCleanup(watching.close)
        self.assertEqual(data_of(watching), SERVING)
        agent = open_stream(node, "alice")
        self.addCleanup(agent.close)
        node.process.terminate()
        self.assertEqual(data_of(watching), NOT_SERVING)

        # Not ready, and serving all the same.
        self.assertEqual(get(self.health_port, "/live"), (200, "live\n"))
        self.assertEqual(self.ready(), (503, "draining\n"))
        status, text = get(self.health_port, "/health")
        self.assertEqual((status, json.loads(text)["status"]), (503, "unhealthy"))
        answer = node.get("/api/health")
        self.assertEqual((answer.status, answer.value["status"]), (503, "draining"))
        self.assertEqual(check(node), NOT_SERVING)
        self.assertEqual(node.status()["state"], "draining")
        server_key(node)
        with open_stream(node, "bob"):
            pass

        # The listener is closed; the ports that tell of it are not.
        watching.settimeout(10)
        while True:
            kind, flags, payload = frame(watching)
            if kind == 1 and flags & 1:
                break
        self.assertIn(LEAVING, payload)
        with self.assertRaises(ConnectionRefusedError):
            node.connect()
        self.assertEqual(node.ended(), 0)
        self.assertIn("draining: waiting 3s before closing listeners", node.log())

    def test_relay_and_signal_ports(self):
        port, health_port = free_port(), free_port()
        process = subprocess.Popen(
            [BINARY, "relay", "--listen-address", f"{HOST}:{port}", "--exposed-address", "rel://other.example:1",
             "--auth-secret", "s", "--health-listen-address", f"{HOST}:{health_port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, **times("1500ms", "0", "0")})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def answers(path, status):
            with contextlib.suppress(OSError):
                return get(health_port if path != "/" else port, path)[0] == status
            return False

        # The exposed address leads nowhere; the answer is about this instance.
        for path in ("/health", "/ready", "/"):
            self.eventually(lambda path=path: answers(path, 200), what=path)
        process.terminate()
        for path in ("/health", "/ready", "/"):
            self.eventually(lambda path=path: answers(path, 503), what=path)
        self.assertEqual(process.wait(15), 0)


class Drain(Life):
    def test_under_load(self):
        """Streams, links and newcomers: nobody is refused in the delay, everybody is told, one by one."""
        node = self.one(times("2s", "3s", "1s"))
        node.start()
        streams = [open_stream(node, f"agent{number}") for number in range(60)]
        links = [join(node, f"link{number}") for number in range(40)]
        for connection in streams + links:
            self.addCleanup(connection.close)
            connection.settimeout(20)
        self.eventually(lambda: node.status()["signal"]["peers"] == 60 and node.status()["relay"]["peers"] == 40)

        ended, wrong = [], []

        def await_stream(connection):
            while True:
                kind, flags, payload = frame(connection)
                if kind == 3 or (kind == 1 and flags & 1):
                    break
            if LEAVING not in payload:
                wrong.append(payload)
            ended.append(time.monotonic())

        def await_link(connection):
            message = receive(connection)
            if message != b"\x01\x04":
                wrong.append(message)
            ended.append(time.monotonic())
            connection.close()

        threads = [threading.Thread(target=await_stream, args=(c,), daemon=True) for c in streams]
        threads += [threading.Thread(target=await_link, args=(c,), daemon=True) for c in links]
        for thread in threads:
            thread.start()

        served, refused = [], []

        def newcomers():
            while not refused:
                began = time.monotonic()
                try:
                    server_key(node)
                    served.append(began)
                except OSError:
                    refused.append(began)

        newcomer = threading.Thread(target=newcomers, daemon=True)
        newcomer.start()
        began = time.monotonic()
        node.process.terminate()
        self.eventually(lambda: self.ready()[0] == 503)
        self.assertEqual(node.ended(20), 0)
        over = time.monotonic()
        for thread in threads + [newcomer]:
            thread.join(10)
        first, last = min(ended) - began, max(ended) - began
        measured(f"drain of 60 streams and 40 links: newcomers served for {max(served) - began:.2f} s of a delay of 2 s, "
                 f"sessions ended from {first:.2f} to {last:.2f} s, exit after {over - began:.2f} s (bound 6 s)")
        self.assertEqual(wrong, [])
        self.assertEqual(len(ended), 100)
        self.assertGreater(refused[0] - began, 1.9)
        self.assertGreater(first, 1.9)
        self.assertGreater(last - first, 1.5)  # spread over 3 s, not all at once
        for third in range(3):
            share = sum(1 for at in ended if third <= at - began - 2 < third + 1)
            self.assertGreater(share, 10, sorted(at - began for at in ended))
        self.assertLess(over - began, 3 * 6)
        self.assertIn("draining: ending 100 sessions over 3.0s", node.log())
        self.assertIn("stopped", node.log().splitlines()[-1])

    def test_ctrl_c_with_nobody_there_does_not_wait(self):
        node = self.one(times("30s", "30s", "30s"))
        node.start()
        began = time.monotonic()
        self.assertEqual(node.stop(signal.SIGINT), 0)
        measured(f"Ctrl-C to exit without sessions: {time.monotonic() - began:.2f} s")
        self.assertIn("stop_grace_period: 92s", node.log())

    def test_a_second_signal_ends_at_once(self):
        node = self.one(times("60s", "60s", "0"))
        node.start()
        node.process.terminate()
        self.eventually(lambda: self.ready()[0] == 503)
        self.assertEqual(node.stop(), -signal.SIGTERM)

    def test_by_command(self):
        node = self.one(times("1s", "1s", "1s"))
        node.start()
        with open_stream(node, "alice"):
            said = node.command("drain").stdout
            self.assertIn(f"process {node.process.pid} ends within 3 s", said)
            self.assertEqual(self.ready(), (503, "draining\n"))
            node.process.terminate()  # as a service manager does next: no reason to cut anybody off
            said = node.command("drain", "--wait").stdout
            self.assertIn("has ended", said)
        self.assertEqual(node.ended(1), 0)
        self.assertNotEqual(node.command("drain", check=False).returncode, 0)

    def test_calls_under_way_are_answered(self):
        node = self.one(times("0", "2s", "2s"))
        node.start()
        with node.connect() as connection:
            connection.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\n")
            time.sleep(0.1)  # the header has begun: a request is under way
            node.process.terminate()
            self.eventually(lambda: self.ready()[0] == 503)
            connection.sendall(b"\r\n")
            self.assertIn(b" 503 ", connection.recv(1000))
        self.assertEqual(node.ended(), 0)


@unittest.skipUnless(os.geteuid() == 0, "mounts a small file system")
class FullDisk(Life):
    def small_disk(self, megabytes):
        disk = pathlib.Path(self.enterContext(self.directory()))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        return disk

    @staticmethod
    def directory():
        import tempfile
        return tempfile.TemporaryDirectory(prefix="rookery-disk-")

    @staticmethod
    def fill(disk):
        """Takes all the room; the file that does."""
        hog = disk / "hog"
        with open(hog, "ab", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(b"x" * size)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
        return hog

    def test_store(self):
        disk = self.small_disk(16)
        node = self.one({**times("0", "0", "1s")})
        node.data_dir = disk / "data"
        config = node.directory / "config.yaml"
        config.write_text(config.read_text().replace(str(node.directory / "data"), str(node.data_dir)))
        node.start()
        token = node.token()
        create = lambda: node.request("POST", "/api/setup-keys", token=token, body={
            "name": "key", "type": "reusable", "expires_in": 86400, "auto_groups": [], "usage_limit": 0})
        self.assertEqual(create().status, 200)

        hog = self.fill(disk)
        answers = []
        while not answers or answers[-1].status == 200:  # until the room that the log of the database has is used up
            answers.append(create())
            self.assertLess(len(answers), 5000)
        measured(f"writes on a full disk before the first error: {len(answers) - 1}")
        self.assertEqual(answers[-1].status, 503)
        self.assertEqual(answers[-1].value["code"], 503)
        self.assertEqual(answers[-1].value["message"],
                         "the data store does not work at the moment; the server's log says why")
        self.assertRegex(node.log(), "WARN .*node is degraded: store: .*disk is full")

        self.eventually(lambda: self.ready() == (200, "degraded: store\n"))
        answer = node.get("/api/health")
        self.assertEqual((answer.status, answer.value["status"], answer.value["checks"]["sqlite"]["status"]),
                         (200, "degraded", "failing"))
        self.assertEqual(node.status()["state"], "degraded: store")
        self.assertIn('rookery_degraded{what="store"} 1', get(self.metrics_port, "/metrics")[1])
        self.assertEqual(create().status, 503)
        # What needs no writing goes on.
        listed = node.get("/api/setup-keys", token=token)
        self.assertEqual((listed.status, len(listed.value)), (200, len(answers)))
        self.assertEqual(check(node), SERVING)
        server_key(node)
        with open_stream(node, "alice"):
            pass

        hog.unlink()
        self.eventually(lambda: self.ready() == (200, "ready\n"))
        self.assertEqual(create().status, 200)
        self.assertEqual(node.get("/api/health").value["status"], "ok")
        self.assertEqual(node.log().count("node is degraded: store:"), 1)
        self.assertEqual(node.log().count("node recovered: store works again"), 1)
        self.assertEqual(node.stop(), 0)
        node.start()
        self.assertEqual(len(node.get("/api/setup-keys", token=token).value), len(answers) + 1)

    def test_log_file(self):
        disk = self.small_disk(4)
        log = disk / "rookery.log"
        node = self.one(times("0", "0", "1s"))
        node.options += ["--log-file", str(log)]
        node.start()
        hog = self.fill(disk)
        for _ in range(100):
            with node.connect() as stranger:
                stranger.sendall(b"\x16\x03\x01\x02\x00")  # costs a debug line
        self.assertEqual(node.get("/api/health").status, 200)
        hog.unlink()
        before = log.stat().st_size
        self.assertEqual(node.stop(), 0)
        self.assertGreater(log.stat().st_size, before)
        self.assertIn("stopped", log.read_text().splitlines()[-1])

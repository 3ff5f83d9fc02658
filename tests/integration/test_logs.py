"""What a node logs: a healthy run line by line, the texts that operators and scripts wait for, levels at run time."""

import base64
import json
import os
import re
import subprocess
import time

from harness import BINARY, HOST, TestCase, free_port, server_key
from test_relay import AUTH_A, client_frame, join, receive, transport, upgrade
from test_signal import message, open_stream, unary_call, SEND

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d) (TRAC|DEBG|INFO|WARN|ERRO|FATL|PANC) "
                  r"(?:\[[^\]]*\] )?[\w.]+:\d+: (.*)")
VERSION = r"\d+\.\d+\.\d+.*"


def lines(text):
    """(level, message) of every line; each must have the form of config-ops §10."""
    parsed = []
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if not match:
            raise AssertionError(f"not a line of the log: {line!r}")
        parsed.append(match.groups())
    return parsed


class Logs(TestCase):
    def check_lines(self, text, expected):
        """Every message, in order; `expected` are regular expressions."""
        found = [f"{level} {message}" for level, message in lines(text)]
        for number, (line, wanted) in enumerate(zip(found, expected), 1):
            self.assertRegex(line, f"^{wanted}$", f"line {number} of:\n" + "\n".join(found))
        self.assertEqual(len(found), len(expected), "\n".join(found))

    def test_a_healthy_run_says_exactly_this(self):
        node = self.node(config=f"  metricsPort: {free_port()}\n  healthcheckAddress: '{HOST}:{free_port()}'\n",
                         level="info")
        node.start()
        self.assertEqual(len(server_key(node)), 44)
        with open_stream(node, "bob"), join(node, "a") as a, join(node, "b") as b:
            with node.connect() as sender:
                unary_call(sender, SEND, message(b"alice", b"bob", b"hello"))
            b.settimeout(0.2)
            for _ in range(25):
                a.sendall(transport("b", b"hello"))
                try:
                    self.assertIn(b"hello", receive(b))
                    break
                except TimeoutError:
                    continue
        self.wait_for(node, "peer disconnected|peer exited", 2)
        self.assertEqual(node.get("/api/peers").status, 401)  # an answer, not an event
        self.assertEqual(node.stop(), 0)

        url = re.escape(f"rel://{HOST}:{node.port}")
        address = re.escape(f"{HOST}:{node.port}")
        dump = [r"INFO === Configuration ===", r"INFO --- Server ---", r"INFO --- Components ---",
                r"INFO --- Relay ---", r"INFO --- Management ---", r"INFO === End Configuration ===",
                r"INFO === Environment Variables ==="]
        text = node.log()
        self.assertNotIn("rookery-test-secret", text)
        # The values of the dump are the configuration's own test.
        found = [l for l in text.splitlines() if not re.search(r": {3}\S", l)]
        # Side servers open when they can be of use, at different moments of the start.
        for side in (f"INFO .*: starting healthcheck server on: http://{HOST}:\\d+/health",
                     r"INFO .*: running metrics server: .*:\d+/metrics"):
            self.assertEqual(len([l for l in found if re.search(side, l)]), 1, text)
            found = [l for l in found if not re.search(side, l)]
        self.check_lines("\n".join(self.without_sessions(found)), [
            "INFO Starting combined NetBird server",
            f"INFO Rookery {VERSION} starts",
            *dump,
            f"INFO STUN server listening on UDP port {node.stun_port}",
            "INFO using SQLite store engine",
            "INFO Relay server created",
            r"INFO Relay WebSocket handler added \(path: /relay\)",
            f"INFO Relay server instance URL: {url}",
            r"INFO Relay WebSocket multiplexed on management port \(no separate relay listener\)",
            rf"INFO Relay addresses: \[{url}\]",
            "INFO Management server created",
            "INFO Signal server created",
            f"INFO Signal server registered on port {node.port}",
            "INFO using SQLite as activity event store engine",
            "INFO control socket: .*/control\\.sock",
            r"INFO running gRPC backward compatibility server: .* \(Signal\)",
            r"INFO running gRPC backward compatibility server: .* \(Management\)",
            "INFO node is ready",
            f"INFO management server version {VERSION}",
            f"INFO running HTTP server and gRPC server on the same port: {address}",
            "INFO stopping.*",
            *["INFO .*"] * self.stop_lines(found),
            "INFO stopped",
        ])

    def wait_for(self, node, pattern, times=1):
        deadline = time.monotonic() + 15
        while len(re.findall(pattern, node.log())) < times:
            self.assertLess(time.monotonic(), deadline, f"{pattern} is not in:\n{node.tail()}")
            time.sleep(0.02)

    def without_sessions(self, found):
        """Agents come and go in no fixed order: their lines are counted, and taken out."""
        kinds = ["WS client connected from: ", "peer connected from: ", "peer (disconnected|exited gracefully): "]
        for kind in kinds:
            self.assertEqual(len([l for l in found if re.search(f": {kind}", l)]), 2, "\n".join(found))
        return [l for l in found if not re.search(f": (?:{'|'.join(kinds)})", l)]

    @staticmethod
    def stop_lines(found):
        """How many lines the drain has between the first and the last of the end."""
        begin = next(i for i, l in enumerate(found) if ": stopping" in l)
        return len([l for l in found[begin + 1:-1] if "peer " not in l])

    def test_json_lines(self):
        node = self.node(config="", level="info")
        os.environ["NB_LOG_FORMAT"] = "json"
        self.addCleanup(os.environ.pop, "NB_LOG_FORMAT")
        node.start()
        self.assertEqual(node.stop(), 0)
        parsed = [json.loads(line) for line in node.log().splitlines()]
        for line in parsed:
            self.assertLessEqual({"level", "msg", "time"}, line.keys())
        self.assertIn(("info", "Management server created"), [(l["level"], l["msg"]) for l in parsed])

    def test_levels_change_while_it_runs(self):
        node = self.node(config="", level="info,store=error")
        node.start()
        shown = dict(line.split() for line in node.command("log-level").stdout.splitlines())
        self.assertEqual((shown["http"], shown["store"], shown["relay"]), ("info", "error", "info"))

        node.get("/api/peers")
        self.assertNotIn("DEBG", node.log())
        shown = dict(line.split() for line in node.command("log-level", "http=debug").stdout.splitlines())
        self.assertEqual((shown["http"], shown["store"], shown["relay"]), ("debug", "error", "info"))
        node.get("/api/peers")
        self.wait_for(node, r"DEBG .*: request GET /api/peers took \d+ ms and finished with status 401")

        node.command("log-level", "info")
        before = node.log().count("DEBG")
        node.get("/api/peers")
        self.assertEqual(node.log().count("DEBG"), before)
        refused = node.command("log-level", "realy=debug", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("did you mean relay?", refused.stderr)

    def test_levels_of_file_and_environment(self):
        node = self.node(config="rookery:\n  log:\n    levels: {http: debug, relay: warn}\n", level="info")
        os.environ["ROOKERY_LOG_LEVELS"] = "relay=error"
        self.addCleanup(os.environ.pop, "ROOKERY_LOG_LEVELS")
        node.start()
        shown = dict(line.split() for line in node.command("log-level").stdout.splitlines())
        self.assertEqual((shown["http"], shown["relay"], shown["node"]), ("debug", "error", "info"))


class ExactTexts(TestCase):
    """config-ops §12, for what this version has. Not in it: Redis, NATS, PostgreSQL, PKCE, HA ("Starting CloudServer"),
    API rate limits; the texts about a wrong key on read are the field cipher's own test."""

    def test_encryption_key(self):
        for key, text in (("!!!", "decode encryption key: illegal base64 data at input byte 0"),
                          (base64.b64encode(bytes(16)).decode(), "encryption key must be 32 bytes, got 16")):
            with self.subTest(key):
                node = self.node(config=f"  store:\n    engine: sqlite\n    encryptionKey: '{key}'\n")
                self.refuses_to_start(node, "failed to execute command: ", "failed to create field encryptor: ", text)

    def test_store_that_cannot_be_opened(self):
        node = self.node(config="  store:\n    engine: sqlite\n    file: /proc/none/store.db\n")
        self.refuses_to_start(node, "failed to execute command: ", "failed to create store: ")

    def test_ports_that_are_taken(self):
        taken = self.node(config=f"  metricsPort: {free_port()}\n")
        taken.start()
        port = re.search(r"running metrics server: .*:(\d+)/metrics", taken.log())[1]
        node = self.node(config=f"  metricsPort: {port}\n")
        self.refuses_to_start(node, "failed to execute command: failed to start metrics server: ", port)
        node = self.node(config=f"  healthcheckAddress: ':{port}'\n")
        self.refuses_to_start(node, "failed to execute command: failed to start healthcheck server: ", port)

    def test_relay_token(self):
        node = self.node(config="", level="info")
        node.start()
        connection = upgrade(node)
        connection.sendall(client_frame(AUTH_A[:-1] + bytes([AUTH_A[-1] ^ 1])))
        connection.settimeout(5)
        self.assertNotIn(b"\x01\x07", connection.recv(64)[:4])
        deadline = time.monotonic() + 5
        while "auth: invalid token: " not in node.log():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        self.assertRegex(node.log(), r"WARN \[peerID: [^\]]*\] .*: auth: invalid token: \w+")
        # Anybody can send these: one line a minute.
        for _ in range(20):
            with upgrade(node) as more:
                more.sendall(client_frame(AUTH_A[:-1] + bytes([AUTH_A[-1] ^ 1])))
                more.settimeout(5)
                while more.recv(64):
                    pass
        self.assertEqual(node.log().count("auth: invalid token: "), 1)
        self.assertEqual(node.log().count("WARN"), 1)

    def test_flow_without_postgres(self):
        node = self.node(config="  trafficFlow:\n    enabled: true\n", level="info")
        node.start()
        self.assertRegex(node.log(), 'WARN .*: traffic flow disabled: server.store.engine is "sqlite" but flow requires '
                                     'postgres')

    def run_role(self, role, arguments, until):
        """The lines of a role that runs alone, from its start to its end by SIGTERM."""
        file = self.node().directory / "log"
        with open(file, "wb") as log:
            process = subprocess.Popen([BINARY, role, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 15
        while until not in file.read_text():
            self.assertIsNone(process.poll(), file.read_text())
            self.assertLess(time.monotonic(), deadline, file.read_text())
            time.sleep(0.02)
        process.terminate()
        self.assertEqual(process.wait(15), 0)
        return [message for level, message in lines(file.read_text())]

    def check_order(self, found, *texts):
        rest = iter(found)
        for text in texts:
            self.assertTrue(any(text in line for line in rest), f"{text!r} is missing, or too early, in:\n" +
                            "\n".join(found))

    def test_signal_alone(self):
        port = free_port()
        found = self.run_role("signal", ["run", "--port", str(port), "--metrics-port", str(free_port())],
                              "started Signal Service")
        self.check_order(found, "running without TLS",
                         f"running HTTP server with WebSocket proxy (no TLS): :{port}", "signal server version ",
                         "started Signal Service", "stopped Signal Service")
        self.assertEqual(found[-1], "stopped Signal Service")

    def test_relay_alone(self):
        port = free_port()
        found = self.run_role("relay", ["--listen-address", f"{HOST}:{port}", "--exposed-address",
                                        f"rel://{HOST}:{port}", "--auth-secret", "secret-of-a-test", "--enable-stun",
                                        "--stun-ports", str(free_port()), "--metrics-port", str(free_port()),
                                        "--health-listen-address", f"{HOST}:{free_port()}"],
                              "WS server listening address")
        self.assertTrue(any("starting healthcheck server on: " in line for line in found), found)
        self.check_order(found, "STUN server listening on UDP port ",
                         "Relay server created", f"server will be available on: rel://{HOST}:{port}",
                         f"WS server listening address: {HOST}:{port}", "Not starting QUIC listener: ", "stop WS listener", "WS listener stopped",
                         "Shutting down healthcheck server", "shutting down metrics server")
        self.assertNotIn("secret-of-a-test", "\n".join(found))

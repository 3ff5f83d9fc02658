"""gRPC over WebSocket, as browsers' agents speak it: /ws-proxy/signal and /ws-proxy/management."""

import subprocess
import time

from harness import BINARY, TestCase, client_frame, free_port, receive_exactly, unary_call, upgrade


class Tunnel:
    """A connection whose bytes travel in binary messages, cut anywhere."""

    def __init__(self, node, path, cut=1000):
        self.socket, self.cut, self.got, self.closed = upgrade(node, path), cut, b"", None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def sendall(self, data):
        for at in range(0, len(data), self.cut):
            self.socket.sendall(client_frame(data[at:at + self.cut]))

    def recv(self, size):
        while not self.got:
            first, length = receive_exactly(self.socket, 2)
            if length == 126:
                length = int.from_bytes(receive_exactly(self.socket, 2), "big")
            payload = receive_exactly(self.socket, length)
            if first == 0x88:
                self.closed = int.from_bytes(payload[:2], "big")
                self.socket.sendall(client_frame(payload[:2], 8))
                return b""
            if first == 0x82:
                self.got = payload
        taken, self.got = self.got[:size], self.got[size:]
        return taken


GET_KEY = "/management.ManagementService/GetServerKey"
SEND = "/signalexchange.SignalExchange/Send"


class WebSocketProxy(TestCase):
    def test_calls_in_any_cut(self):
        node = self.node(config="")
        node.start()
        for cut in (1, 7, 32768):
            with Tunnel(node, "/ws-proxy/management", cut) as tunnel:
                self.assertRegex(unary_call(tunnel, GET_KEY), rb"^\x0a\x2c[A-Za-z0-9+/]{43}=")
            with Tunnel(node, "/ws-proxy/signal", cut) as tunnel:
                self.assertEqual(unary_call(tunnel, SEND, b"\x1a\x06nobody"), b"")

    def test_silence(self):
        """A client that never begins its HTTP/2 connection is sent away like one without WebSocket: after 5 s."""
        node = self.node(config="")
        node.start()
        with Tunnel(node, "/ws-proxy/management") as tunnel:
            began = time.monotonic()
            while tunnel.recv(65536):
                pass
            self.assertIsNotNone(tunnel.closed)
            self.assertLess(time.monotonic() - began, 3 * 5)

    def test_a_request_that_is_no_upgrade(self):
        node = self.node(config="")
        node.start()
        for path in ("/ws-proxy/signal", "/ws-proxy/management"):
            self.assertEqual(node.get(path).status, 426)
        self.assertEqual(node.get("/ws-proxy/flow").status, 404)

    def test_roles_that_are_elsewhere(self):
        node = self.node(config="  signalUri: https://signal.example\n  relays:\n    addresses: [rels://relay.example]\n"
                                "    secret: other\n")
        node.start()
        for path, text in (("/ws-proxy/signal", "Signal service not enabled"), ("/relay", "Relay service not enabled")):
            answer = node.get(path)
            self.assertEqual((answer.status, answer.text.strip()), (404, text))
        with Tunnel(node, "/ws-proxy/management") as tunnel:
            self.assertNotEqual(unary_call(tunnel, GET_KEY), b"")

    def test_signal_alone(self):
        node = self.node()
        node.options = ["signal", "--port", str(node.port), "--metrics-port", str(free_port())]
        node.spawn()
        deadline = time.monotonic() + 10
        while "started Signal Service" not in node.log():
            self.assertLess(time.monotonic(), deadline, node.tail())
            time.sleep(0.02)
        with Tunnel(node, "/ws-proxy/signal") as tunnel:
            self.assertEqual(unary_call(tunnel, SEND, b"\x1a\x06nobody"), b"")
        self.assertEqual(node.get("/ws-proxy/management").status, 404)
        self.assertEqual(node.stop(), 0)

    def test_the_end_of_the_node(self):
        node = self.node(config="")
        node.start()
        with Tunnel(node, "/ws-proxy/management") as tunnel:
            unary_call(tunnel, GET_KEY)
            self.assertEqual(node.stop(), 0)
            while tunnel.recv(65536):
                pass
            self.assertEqual(tunnel.closed, 1001)


class CommandLine(TestCase):
    def run_with(self, *arguments):
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)
        return done.returncode, done.stderr

    def test_unknown_names(self):
        for arguments, text in (
                (("serve", "--lisen", ":1"), "unknown flag: --lisen (did you mean --listen?)"),
                (("management", "--datdir", "/x"), "(did you mean --datadir?)"),
                (("signal", "--prot", "1"), "unknown flag: --prot (did you mean --port?)"),
                (("relay", "--exposed-adress=x"), "unknown flag: --exposed-adress (did you mean --exposed-address?)"),
                (("sevre",), "(did you mean serve?)")):
            with self.subTest(arguments):
                code, error = self.run_with(*arguments)
                self.assertNotEqual(code, 0)
                self.assertIn(text, error)

    def test_management_with_the_flags_of_its_image(self):
        node = self.node()
        node.options = ["management", "--datadir", str(node.data_dir), "--port", str(node.port), "--metrics-port",
                        str(free_port()), "--disable-legacy-port", "--disable-anonymous-metrics", "--dns-domain",
                        "corp.example", "--exposed-address", node.url, "--log-file", "console"]
        node.start()
        self.assertIn("--disable-anonymous-metrics has no effect", node.log())
        self.assertNotIn("backward compatibility", node.log())
        self.assertEqual(node.get("/ws-proxy/signal").text.strip(), "Signal service not enabled")

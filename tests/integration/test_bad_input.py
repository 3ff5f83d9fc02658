"""Whatever a stranger sends to a port: his connection is closed within its deadline, nobody else notices, and the
log has a debug line with his address."""

import os
import random
import resource
import socket
import stat
import struct
import threading
import time

from harness import (HOST, PREFACE, Bystander, TestCase, client_frame, h2_frame, hpack, measured, receive_exactly,
                     seconds_until_closed, send_slowly, server_key, upgrade)

FIRST_BYTES = 5.0   # the deadlines under test, seconds
HANDSHAKE = 10.0
SLACK = 2.5


def client_hello():
    """A TLS 1.2 record as any TLS client begins with."""
    hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
    handshake = b"\x01" + struct.pack(">I", len(hello))[1:] + hello
    return b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake


class Strangers:
    """Several bad clients at once; each is a function that returns the seconds until it was closed."""

    def __init__(self, test, node):
        self.test, self.node, self.results = test, node, {}

    def run(self, clients):
        def one(name, client):
            try:
                with self.node.connect() as connection:
                    self.results[name] = (connection.getsockname()[1], client(connection))
            except Exception as error:  # shown below
                self.results[name] = (0, error)

        threads = [threading.Thread(target=one, args=item) for item in clients.items()]
        with Bystander(self.node) as bystander:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        bystander.check(self.test)
        return self.results


class PublicPort(TestCase):
    def test_strangers(self):
        node = self.node(config="")
        node.start()
        noise = random.Random(1).randbytes(65536).replace(b"PRI", b"xyz")

        def sends(data):
            def client(connection):
                try:
                    connection.sendall(data)
                except ConnectionError:
                    return 0.0
                return seconds_until_closed(connection)
            return client

        request = f"GET /api/health HTTP/1.1\r\nHost: {HOST}\r\n".encode()
        # Name: (what it does, within which time it must be closed). After the preface the connection is gRPC's, which
        # has its own deadline for the handshake and writes no line.
        clients = {
            "garbage": (sends(noise), FIRST_BYTES),
            "NUL bytes": (sends(bytes(1000)), FIRST_BYTES),
            "silence": (seconds_until_closed, FIRST_BYTES),
            "half a preface": (sends(PREFACE[:14]), FIRST_BYTES),
            "preface, then silence": (sends(PREFACE), FIRST_BYTES),
            "preface, then garbage": (sends(PREFACE + noise), FIRST_BYTES),
            "preface, then an oversized frame": (sends(PREFACE + h2_frame(4, 0, 0) + b"\xff\xff\xff\x00\x00"
                                                       + struct.pack(">I", 1) + noise), FIRST_BYTES),
            "TLS": (sends(client_hello()), 0.0),
            "oversized header": (sends(request + b"X-Long: " + b"x" * 70_000 + b"\r\n\r\n"), FIRST_BYTES),
            "endless header": (sends(request + b"X-Many: x\r\n" * 20_000), FIRST_BYTES),
            "half a header": (sends(request), FIRST_BYTES),
            "oversized body": (sends(b"POST /api/setup HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + noise),
                               FIRST_BYTES),
            "negative body": (sends(b"POST /api/setup HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), FIRST_BYTES),
            "two lengths": (sends(b"POST /api/setup HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n"
                                  b"\r\nab"), FIRST_BYTES),
            "no HTTP version": (sends(b"GET /\r\n\r\n"), FIRST_BYTES),
            "1 byte/s of a request": (lambda c: send_slowly(c, request + b"X: y\r\n" * 9), FIRST_BYTES),
            "1 byte/s of a preface": (lambda c: send_slowly(c, PREFACE + noise), FIRST_BYTES),
            "1 byte/s of garbage": (lambda c: send_slowly(c, b"\x01" * 100), FIRST_BYTES),
        }
        results = Strangers(self, node).run({name: client for name, (client, _) in clients.items()})
        log = node.log().splitlines()
        measured("closed after: " + ", ".join(f"{name} {seconds:.1f} s" for name, (_, seconds) in results.items()
                                              if isinstance(seconds, float)))
        for name, (_, limit) in clients.items():
            with self.subTest(name):
                port, seconds = results[name]
                self.assertIsInstance(seconds, float, seconds)
                self.assertLess(seconds, limit + SLACK)
                if not name.startswith("preface"):
                    lines = [line for line in log if f"{HOST}:{port}" in line and " DEBG " in line]
                    self.assertEqual(len(lines), 1, "one debug line with the address, wanted for " + name)
        self.assertEqual([line for line in log if " WARN " in line or " ERRO " in line], [])

    def test_hundreds_of_silent_connections(self):
        node = self.node(config="")
        node.start()
        crowd = [node.connect() for _ in range(300)]
        with Bystander(node) as bystander:
            time.sleep(1)
        for connection in crowd:
            connection.close()
        bystander.check(self)

    def test_half_closed_and_reset_connections(self):
        node = self.node(config="")
        node.start()
        with Bystander(node) as bystander:
            for number in range(200):
                with node.connect() as connection:
                    connection.sendall(PREFACE[: number % 25])
                    if number % 3 == 0:
                        connection.shutdown(socket.SHUT_WR)
                    elif number % 3 == 1:  # a reset instead of an orderly end
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            time.sleep(0.5)
        bystander.check(self)
        self.assertEqual(len(server_key(node)), 44)


class GrpcOnlyPorts(TestCase):
    def test_other_protocols_are_closed(self):
        node = self.node(config="")
        node.start()
        for port in (10000, 33073):
            if "no gRPC port" in node.log():
                self.skipTest("the ports of old agents are taken on this machine")
            for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", client_hello(), bytes(100)):
                with self.subTest(port=port, data=data[:8]), node.connect(port) as connection:
                    connection.sendall(data)
                    self.assertLess(seconds_until_closed(connection), FIRST_BYTES + SLACK)


class Stun(TestCase):
    def binding(self, stun, node):
        transaction = os.urandom(12)
        stun.sendto(struct.pack(">HHI", 1, 0, 0x2112A442) + transaction, (HOST, node.stun_port))
        while True:
            answer = stun.recv(2048)
            if answer[8:20] == transaction:
                return answer

    def test_garbage(self):
        node = self.node(config="")
        node.start()
        with socket.socket(type=socket.SOCK_DGRAM) as stun, socket.socket(type=socket.SOCK_DGRAM) as stranger:
            stun.settimeout(5)
            stun.bind((HOST, 0))
            dice = random.Random(2)
            cookie = struct.pack(">I", 0x2112A442)
            for _ in range(300):
                for data in (b"", dice.randbytes(dice.randrange(1, 1400)),
                             b"\x00\x01\x00\x00" + cookie + dice.randbytes(dice.randrange(0, 12)),  # truncated
                             b"\x00\x01\xff\xff" + cookie + dice.randbytes(12),                    # length too long
                             b"\x00\x01\x00\x03" + cookie + dice.randbytes(15),                    # not a multiple of 4
                             b"\x01\x01\x00\x00" + cookie + dice.randbytes(12)):                   # an answer
                    stranger.sendto(data, (HOST, node.stun_port))
                answer = self.binding(stun, node)
                self.assertEqual(answer[:2], b"\x01\x01")
            # XOR-MAPPED-ADDRESS is this socket's.
            port = struct.pack(">H", stun.getsockname()[1] ^ 0x2112)
            self.assertIn(b"\x00\x20\x00\x08\x00\x01" + port, answer)


class ControlSocket(TestCase):
    def test_strangers(self):
        node = self.node(config="")
        node.start()
        path = node.data_dir / "control.sock"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

        def connect():
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(20)
            connection.connect(str(path))
            return connection

        def sends(data):
            with connect() as connection:
                try:
                    connection.sendall(data)
                except ConnectionError:
                    return 0.0
                return seconds_until_closed(connection)

        def slow():
            with connect() as connection:
                return send_slowly(connection, b'{"command": "status", "arguments": {}}\n')

        results = {}
        clients = {
            "garbage": lambda: sends(random.Random(3).randbytes(5000) + b"\n"),
            "no JSON": lambda: sends(b"status\n"),
            "wrong JSON": lambda: sends(b'[{"command": 5}]\n'),
            "wrong types": lambda: sends(b'{"command": ["status"], "arguments": "x"}\n'),
            "unknown command": lambda: sends(b'{"command": "explode", "arguments": {}}\n'),
            "deep JSON": lambda: sends(b"[" * 60_000 + b"\n"),
            "oversized": lambda: sends(b"x" * 1_000_000),
            "silence": lambda: sends(b""),
            "half a request": lambda: sends(b'{"command": "sta'),
            "1 byte/s": slow,
        }
        threads = [threading.Thread(target=lambda n=n, c=c: results.update({n: c()})) for n, c in clients.items()]
        with Bystander(node) as bystander:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                self.assertEqual(node.status()["state"], "ready")
                time.sleep(0.2)
        bystander.check(self)
        for name in clients:
            with self.subTest(name):
                self.assertLess(results.get(name, 99), FIRST_BYTES + SLACK)

    def test_crowd(self):
        node = self.node(config="")
        node.start()
        crowd = []
        for _ in range(100):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(node.data_dir / "control.sock"))
            crowd.append(connection)
        self.assertEqual(node.get("/api/health").status, 200)
        for connection in crowd:
            connection.close()
        time.sleep(0.2)
        self.assertEqual(node.status()["state"], "ready")


class Descriptors(TestCase):
    def test_none_is_left(self):
        node = self.node(config="", level="info")
        node.start()
        pid = node.process.pid
        room = len(os.listdir(f"/proc/{pid}/fd")) + 5
        _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (room, hard))
        crowd = [node.connect() for _ in range(50)]
        time.sleep(1)  # ten tries
        self.assertEqual(node.log().count("WARN"), 1, node.tail())
        self.assertIn("cannot accept a connection: Too many open files", node.log())
        for connection in crowd:
            connection.close()
        self.assertEqual(node.get("/api/health", timeout=10).status, 200)


class Relay(TestCase):
    def test_frames_before_authentication(self):
        node = self.node(config="")
        node.start()
        noise = random.Random(4).randbytes(9000)
        clients = {
            "silence": (b"", HANDSHAKE),
            "garbage": (noise, HANDSHAKE),
            "garbage in a frame": (client_frame(noise[:200]), HANDSHAKE),
            "not masked": (client_frame(b"\x01\x01", masked=False), HANDSHAKE),
            "oversized frame": (client_frame(noise), HANDSHAKE),
            "frame of 4 GiB": (b"\x82\xff" + struct.pack(">Q", 1 << 32) + bytes(4), HANDSHAKE),
            "length with the top bit": (b"\x82\xff" + b"\xff" * 12, HANDSHAKE),
            "fragment": (client_frame(b"\x01\x01", final=False), HANDSHAKE),
            "continuation": (client_frame(b"x", opcode=0), HANDSHAKE),
            "unknown opcode": (client_frame(b"x", opcode=3), HANDSHAKE),
            "oversized ping": (client_frame(bytes(200), opcode=9), HANDSHAKE),
            "text": (client_frame(b"hello", opcode=1), HANDSHAKE),
            "empty message": (client_frame(b""), HANDSHAKE),
            "unknown version": (client_frame(b"\x07\x01" + bytes(100)), HANDSHAKE),
            "transport": (client_frame(b"\x01\x04" + bytes(100)), HANDSHAKE),
            "auth without a token": (client_frame(b"\x01\x07" + b"\x21\x12\xa4\x42" + b"sha-" + bytes(32)), HANDSHAKE),
            "half a frame": (client_frame(bytes(200))[:50], HANDSHAKE),
            "close": (client_frame(struct.pack(">H", 1000), opcode=8), 2.0),
        }
        results = {}

        def one(name, data):
            with upgrade(node) as connection:
                try:
                    connection.sendall(data)
                except ConnectionError:
                    results[name] = 0.0
                    return
                results[name] = seconds_until_closed(connection)

        def slow():
            with upgrade(node) as connection:
                results["1 byte/s"] = send_slowly(connection, client_frame(bytes(100)))

        threads = [threading.Thread(target=one, args=(name, data)) for name, (data, _) in clients.items()]
        threads.append(threading.Thread(target=slow))
        with Bystander(node) as bystander:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        bystander.check(self)
        for name, limit in [(n, limit) for n, (_, limit) in clients.items()] + [("1 byte/s", HANDSHAKE)]:
            with self.subTest(name):
                self.assertLess(results.get(name, 99), limit + SLACK)
        self.assertEqual([line for line in node.log().splitlines() if " ERRO " in line], [])

    def test_requests_that_are_no_upgrade(self):
        node = self.node(config="")
        node.start()
        self.assertEqual(node.get("/relay").status, 426)
        for headers in ({"Connection": "Upgrade", "Upgrade": "websocket"},
                        {"Connection": "Upgrade", "Upgrade": "h2c", "Sec-WebSocket-Version": "13"},
                        {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "8",
                         "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}):
            with self.subTest(headers=headers):
                self.assertIn(node.get("/relay", headers=headers).status, (400, 426))


class Grpc(TestCase):
    def test_unknown_method_and_garbage_message(self):
        node = self.node(config="")
        node.start()
        key = server_key(node)
        for path in ("/management.ManagementService/Login", "/management.ManagementService/Sync",
                     "/signalexchange.SignalExchange/Send", "/no.such.Service/Method"):
            with self.subTest(path=path), node.connect() as connection:
                headers = hpack([(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "t"),
                                 ("content-type", "application/grpc"), ("te", "trailers")])
                garbage = random.Random(5).randbytes(300)
                body = b"\x00" + struct.pack(">I", len(garbage)) + garbage
                connection.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(1, 4, 1, headers) + h2_frame(0, 1, 1, body))
                while True:  # the call ends, whatever its status
                    head = receive_exactly(connection, 9)
                    receive_exactly(connection, int.from_bytes(head[:3], "big"))
                    if head[3] in (1, 3) and (head[4] & 1 or head[3] == 3):
                        break
        self.assertEqual(server_key(node), key)

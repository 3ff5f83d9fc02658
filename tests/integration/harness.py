"""Starts the real binary as an operator would, and talks to it over its ports. Standard library only.

Everything listens on 127.0.0.1 below port 32768; data is in temporary directories; only processes that were started
here are ended.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("ROOKERY_BIN", ROOT / "build/release/rookery"))
HOST = "127.0.0.1"


def measured(text):
    print(f"measured: {text}", flush=True)


def authority(host, port):
    """As it stands in URLs and on the command line."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def free_port():
    """A port that is free for TCP and UDP."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind((HOST, port))
                udp.bind((HOST, port))
                return port
            except OSError:
                continue


def config_text(data_dir, port, stun_port, extra="", host=HOST, trust='trustedPeers: ["127.0.0.0/8"]',
                scheme="http"):
    """config.yaml of a combined server, with the ports of a test. `extra` goes into `server:`."""
    return f"""server:
  listenAddress: "{authority(host, port)}"
  exposedAddress: "{scheme}://{authority(host, port)}"
  stunPorts: [{stun_port}]
  dataDir: "{data_dir}"
  authSecret: "rookery-test-secret"
  reverseProxy:
    {trust}
{extra}"""


class Node:
    """One `rookery serve` process and its data directory, which outlives the process."""

    # A drain waits for balancers and paces its ends; tests that are about something else need not.
    QUICK = {"ROOKERY_DRAIN_DELAY": "100ms", "ROOKERY_DRAIN_TIMEOUT": "500ms"}

    def __init__(self, directory, *, config=None, level="debug", options=(), host=HOST, tls=None, environment=None,
                 **more):
        """`tls`: (certificate, key), files; the certificate is believed."""
        self.host = host
        self.directory = pathlib.Path(directory)
        self.tls = tls
        self.data_dir = self.directory / "data"
        self.port = free_port()
        self.stun_port = 3478
        self.log_file = self.directory / "log"
        self.process = None
        self.environment = self.QUICK if environment is None else environment
        self.options = ["serve", "--log-level", level, *options]
        if config is None:  # embedded defaults
            self.options += ["--listen", authority(host, self.port), "--exposed-address", self.url,
                             "--data-dir", str(self.data_dir)]
        else:  # a part of `server:`
            self.stun_port = free_port()
            if tls:
                config += '  tls: {certFile: "%s", keyFile: "%s"}\n' % tls
            file = self.directory / "config.yaml"
            file.write_text(config_text(self.data_dir, self.port, self.stun_port, config, host, scheme=self.scheme,
                                        **more))
            self.options += ["--config", str(file)]

    @property
    def scheme(self):
        return "https" if self.tls else "http"

    @property
    def url(self):
        return f"{self.scheme}://{authority(self.host, self.port)}"

    def spawn(self):
        self.log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([BINARY, *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **self.environment})
        return self

    def start(self, limit=15):
        """Returns once /api/health answers 200, with the seconds that took."""
        began = time.monotonic()
        self.spawn()
        while time.monotonic() - began < limit:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.tail()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.get("/api/health").status == 200:
                    return time.monotonic() - began
            time.sleep(0.002)
        raise AssertionError(f"the server was not ready within {limit} s:\n{self.tail()}")

    def ended(self, limit=15):
        """Waits for the process to end by itself: its exit code."""
        return self.process.wait(limit)

    def stop(self, number=signal.SIGTERM, limit=15):
        self.process.send_signal(number)
        return self.ended(limit)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def log(self):
        """What the process that was started last has logged."""
        with open(self.log_file, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def tail(self, lines=20):
        return "\n".join(self.log().splitlines()[-lines:])

    # --- what an operator or a client does ---------------------------------------------------------------------

    def get(self, path, **keywords):
        return self.request("GET", path, **keywords)

    def request(self, method, path, body=None, token=None, headers=None, timeout=10):
        connection = (http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.client_context())
                      if self.tls else http.client.HTTPConnection(self.host, self.port, timeout=timeout))
        try:
            headers = dict(headers or {})
            if token:
                headers["Authorization"] = f"Token {token}"
            data = json.dumps(body) if body is not None else None
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            answer.text = answer.read().decode()
            answer.value = json.loads(answer.text) if answer.text.startswith(("{", "[")) else None
            return answer
        finally:
            connection.close()

    def command(self, *arguments, check=True):
        done = subprocess.run([BINARY, *arguments, "--data-dir", str(self.data_dir)], capture_output=True, text=True,
                              timeout=30, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise AssertionError(f"rookery {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def token(self):
        return self.command("tokens", "create", "--name", "test").stdout.strip().splitlines()[-1]

    def setup_key(self, *options):
        return self.command("setup-key", "create", "--name", "test", *options).stdout.strip().splitlines()[-1]

    def status(self):
        return json.loads(self.command("status", "--json").stdout)

    def connect(self, port=None, timeout=20):
        return socket.create_connection((self.host, port or self.port), timeout=timeout)

    def client_context(self, offers=()):
        context = ssl.create_default_context(cafile=self.tls[0])
        if offers:
            context.set_alpn_protocols(list(offers))
        return context

    def connect_tls(self, offers=(), timeout=20):
        """`offers`: for ALPN."""
        return self.client_context(offers).wrap_socket(self.connect(timeout=timeout), server_hostname=HOST)


class TestCase(unittest.TestCase):
    def node(self, **keywords):
        """A node with a directory of its own that is gone after the test."""
        directory = tempfile.TemporaryDirectory(prefix="rookery-test-")
        self.addCleanup(directory.cleanup)
        node = Node(directory.name, **keywords)
        self.addCleanup(self.end, node)
        return node

    def end(self, node):
        if node.log_file.exists() and any(error for _, error in getattr(self._outcome, "errors", []) if error):
            print(f"the server's log ends:\n{node.tail(40)}", flush=True)
        node.kill()

    def refuses_to_start(self, node, *parts):
        """It ends non-zero within 5 s, and the last line of its log has all of these texts."""
        node.spawn()
        self.assertNotEqual(node.ended(5), 0)
        last = node.log().strip().splitlines()[-1]
        for part in parts:
            self.assertIn(str(part), last)
        return last


class Bystander(threading.Thread):
    """Asks for /api/health on a new connection over and over: what others notice."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.slowest, self.wrong, self.asked = node, 0.0, [], 0
        self.over = threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            began = time.monotonic()
            try:
                status = self.node.get("/api/health", timeout=5).status
                if status != 200:
                    self.wrong.append(status)
            except OSError as error:
                self.wrong.append(error)
            self.asked += 1
            self.slowest = max(self.slowest, time.monotonic() - began)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def check(self, test):
        test.assertEqual(self.wrong, [])
        test.assertGreater(self.asked, 3)
        test.assertLess(self.slowest, 1.0)


def seconds_until_closed(connection, limit=20):
    """How long the other side keeps the connection open from now on; what it sends is thrown away."""
    began = time.monotonic()
    connection.settimeout(limit)
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - began


def send_slowly(connection, data, limit=20):
    """One byte a second: seconds until the other side has closed."""
    began = time.monotonic()
    connection.settimeout(1)
    for byte in data:
        try:
            connection.sendall(bytes([byte]))
            if connection.recv(65536) == b"":
                break
        except TimeoutError:
            pass
        except ConnectionError:
            break
        if time.monotonic() - began > limit:
            break
    return time.monotonic() - began


# --- HTTP/2, as much as one unary gRPC call takes -------------------------------------------------------------------

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def h2_frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def hpack(headers):
    """Literal fields, not indexed, not compressed."""
    out = b""
    for name, value in headers:
        out += b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
    return out


def receive_exactly(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("closed")
        data += more
    return data


def unary_call(connection, path, message=b""):
    """The answer's message; its length prefix is cut off."""
    headers = hpack([(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
                     ("content-type", "application/grpc"), ("te", "trailers")])
    body = b"\x00" + struct.pack(">I", len(message)) + message
    connection.sendall(PREFACE + h2_frame(4, 0, 0) + h2_frame(1, 4, 1, headers) + h2_frame(0, 1, 1, body))
    answer = b""
    while True:
        head = receive_exactly(connection, 9)
        payload = receive_exactly(connection, int.from_bytes(head[:3], "big"))
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
        if kind == 0:
            answer += payload
        elif kind == 4 and not flags & 1:
            connection.sendall(h2_frame(4, 1, 0))
        elif kind in (3, 7):
            raise ConnectionError(f"frame {kind}: {payload!r}")
        if stream == 1 and flags & 1 and kind in (0, 1):
            return answer[5:]


def server_key(node):
    """Management's WireGuard public key, over the public port."""
    with node.connect_tls(["h2"]) if node.tls else node.connect() as connection:
        answer = unary_call(connection, "/management.ManagementService/GetServerKey")
    key = re.match(rb"\x0a\x2c([A-Za-z0-9+/]{43}=)", answer)  # field 1, 44 characters
    if not key:
        raise AssertionError(f"no key in {answer!r}")
    return key[1].decode()


# --- WebSocket ------------------------------------------------------------------------------------------------------

def upgrade(node, path="/relay", headers=(), connection=None):
    """A WebSocket connection, to the relay if nothing else is said."""
    connection = connection or (node.connect_tls() if node.tls else node.connect())
    more = "".join(f"{name}: {value}\r\n" for name, value in dict(headers).items())
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {authority(node.host, node.port)}\r\nConnection: Upgrade\r\n"
                       "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{more}\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        more = connection.recv(4096)
        if not more:
            raise AssertionError(f"no upgrade: {head!r}")
        head += more
    if not head.startswith(b"HTTP/1.1 101 "):
        raise AssertionError(f"no upgrade: {head!r}")
    return connection


def client_frame(payload, opcode=2, masked=True, final=True):
    size = len(payload)
    head = bytes([(0x80 if final else 0) | opcode])
    mark = 0x80 if masked else 0
    if size < 126:
        head += bytes([mark | size])
    elif size < 65536:
        head += bytes([mark | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mark | 127]) + struct.pack(">Q", size)
    return head + (b"\x00\x00\x00\x00" if masked else b"") + payload

"""The public port with a certificate of its own: who is served, what is refused, and new certificates at run time."""

import contextlib
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time

from harness import (HOST, PREFACE, Bystander, TestCase, client_frame, free_port, measured, receive_exactly,
                     seconds_until_closed, send_slowly, server_key, upgrade)
from test_life import get
from test_relay import AUTH_A

FIRST_BYTES = 5.0   # the deadline for the handshake and the first bytes, seconds
SLACK = 2.5
RELOAD_LIMIT = 6.0  # the files are looked at every 2 s; 3 times that


def issue(folder, name="server", host="a.example.com"):
    """A self-signed certificate for `host` and this machine, and its key."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host},IP:{HOST}",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return str(cert), str(key)


def run(*command, stdin=b""):
    return subprocess.run(command, input=stdin, capture_output=True, timeout=20)


class Tls(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="rookery-test-tls-")
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name)
        self.files = issue(self.folder)

    def started(self):
        node = self.node(config="", tls=self.files)
        node.start()
        return node

    def shown(self, node):
        """The certificate that a new connection gets, DER."""
        context = ssl._create_unverified_context()
        with context.wrap_socket(node.connect()) as connection:
            return connection.getpeercert(binary_form=True)

    def der(self, files):
        return ssl.PEM_cert_to_DER_cert(pathlib.Path(files[0]).read_text())

    def wait_until_shown(self, node, files):
        began = time.monotonic()
        while self.shown(node) != self.der(files):
            self.assertLess(time.monotonic() - began, RELOAD_LIMIT)
            time.sleep(0.1)
        return time.monotonic() - began


class Clients(Tls):
    def test_protocols(self):
        """REST, gRPC and the relay on one port; what is offered decides as in the table of tests/unit/adapters/tls."""
        node = self.started()
        for offers, selected in (((), None), (("http/1.1",), "http/1.1"), (("h2", "http/1.1"), "http/1.1"),
                                 (("h2",), "h2")):
            with self.subTest(offers), node.connect_tls(offers) as connection:
                self.assertEqual(connection.selected_alpn_protocol(), selected)
                self.assertGreaterEqual(connection.version(), "TLSv1.2")
        self.assertEqual(node.get("/api/health").status, 200)
        self.assertEqual(len(server_key(node)), 44)
        with upgrade(node) as relay:
            relay.sendall(client_frame(AUTH_A))
            self.assertEqual(receive_exactly(relay, 2)[0], 0x82)
        self.assertIn("rels://", node.log())
        self.assertEqual([line for line in node.log().splitlines() if " WARN " in line or " ERRO " in line], [])

    def test_curl(self):
        node = self.started()
        for options in (["--http1.1"], ["--http2"], ["--tls-max", "1.2"], []):
            with self.subTest(options):
                done = run("curl", "-sS", "--cacert", self.files[0], *options, "-w", " %{http_version} %{http_code}",
                           node.url + "/api/health")
                self.assertTrue(done.stdout.decode().endswith(" 1.1 200"), done)
        done = run("curl", "-sS", "--cacert", self.files[0], "--http2", "-o", "/dev/null", "-w", "%{http_code}",
                   "-X", "POST", node.url + "/management.ManagementService/GetServerKey")
        self.assertEqual(done.stdout, b"404", done)  # HTTP/1.1: not gRPC
        done = run("curl", "-sS", "--cacert", self.files[0], "--http2-prior-knowledge", "-o", "/dev/null", "-w",
                   "%{http_version} %{http_code}", "-X", "POST", "-H", "content-type: application/grpc",
                   "-H", "te: trailers", "--data-binary", "@-",
                   node.url + "/management.ManagementService/GetServerKey", stdin=bytes(5))
        self.assertIn(done.stdout, (b"2 200", b"1.1 404"), done)  # older curls offer http/1.1 all the same

    def test_resumption(self):
        node = self.started()
        context = node.client_context(["h2"])

        def connect(session=None):
            connection = context.wrap_socket(node.connect(), server_hostname=HOST, session=session)
            connection.sendall(PREFACE + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            receive_exactly(connection, 9)  # in TLS 1.3 the ticket comes before it
            return connection

        with connect() as first:
            self.assertFalse(first.session_reused)
            with connect(first.session) as second:
                self.assertTrue(second.session_reused)

    def test_a_large_answer_to_a_slow_reader(self):
        """What the socket does not take waits; nothing is lost or mixed up."""
        node = self.started()
        token = node.token()
        for number in range(60):
            key = {"name": f"{number:03}" + "x" * 200, "type": "reusable", "expires_in": 86400, "auto_groups": [],
                   "usage_limit": 0}
            self.assertEqual(node.request("POST", "/api/setup-keys", key, token=token).status, 200)
        whole = node.get("/api/setup-keys", token=token).text
        self.assertGreater(len(whole), 20_000)
        with node.connect() as plain:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with node.client_context().wrap_socket(plain, server_hostname=HOST) as connection:
                for _ in range(20):
                    connection.sendall(f"GET /api/setup-keys HTTP/1.1\r\nHost: x\r\nAuthorization: Token {token}\r\n\r\n"
                                       .encode())
                time.sleep(0.5)
                for _ in range(20):
                    head = b""
                    while not head.endswith(b"\r\n\r\n"):
                        head += receive_exactly(connection, 1)
                    self.assertEqual(receive_exactly(connection, len(whole.encode())).decode(), whole)


class Health(Tls):
    def test_asking_for_health_is_no_strangers_connection(self):
        health, metrics = free_port(), free_port()
        node = self.node(config=f"  healthcheckAddress: '{HOST}:{health}'\n  metricsPort: {metrics}\n", tls=self.files)
        node.start()
        self.assertEqual(get(health, "/health")[0], 200)
        self.assertIn('rookery_connections_refused_total{reason="wrong_protocol"} 0', get(metrics, "/metrics")[1])
        self.assertNotIn("closed connection", node.log())


class Strangers(Tls):
    def test_bad_clients_are_closed_in_time(self):
        node = self.started()
        hello = run_hello()
        clients = {
            "cleartext HTTP": (lambda c: sends(c, b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n"), 0),
            "cleartext HTTP/2": (lambda c: sends(c, PREFACE), 0),
            "silence": (seconds_until_closed, FIRST_BYTES),
            "half a hello": (lambda c: sends(c, hello[:100]), FIRST_BYTES),
            "1 byte/s of a hello": (lambda c: send_slowly(c, hello), FIRST_BYTES),
            "garbage after the record's head": (lambda c: sends(c, hello[:5] + os.urandom(len(hello) - 5)), 0),
            "an endless hello": (lambda c: sends(c, (b"\x16\x03\x01\x3e\x80" + b"\x01\x01\x86\xa0\x03\x03"
                                                     + bytes(15994)) + (b"\x16\x03\x01\x3e\x80" + bytes(16000)) * 7), 0),
            "an alert": (lambda c: sends(c, b"\x15\x03\x03\x00\x02\x02\x28"), 0),
            "a hello and no more": (lambda c: sends(c, hello), FIRST_BYTES),
            "TLS 1.1": (lambda c: sends(c, run_hello("-tls1_1")), 0),
        }
        results = {}
        with Bystander(node) as bystander:
            for name, (client, limit) in clients.items():
                with node.connect() as connection:
                    results[name] = client(connection)
                with self.subTest(name):
                    self.assertLess(results[name], limit + SLACK)
        bystander.check(self)
        measured("closed after: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in results.items()))
        lines = [line for line in node.log().splitlines() if " DEBG " in line and "closed connection from" in line]
        self.assertGreaterEqual(len(lines), len(clients))
        self.assertEqual([line for line in node.log().splitlines() if " WARN " in line or " ERRO " in line], [])

    def test_renegotiation_is_refused(self):
        node = self.started()
        # s_client renegotiates at the line "R".
        process = subprocess.Popen(["openssl", "s_client", "-connect", f"{HOST}:{node.port}", "-tls1_2"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        with contextlib.suppress(BrokenPipeError):
            for line in (b"GET / HTTP/1.1\n", b"R\n", b"Host: x\n"):
                time.sleep(0.5)
                process.stdin.write(line)
                process.stdin.flush()
            time.sleep(0.5)
        output = process.communicate(timeout=20)[0].decode(errors="replace")
        self.assertIn("no renegotiation", output)

    def test_handshakes_that_go_nowhere_cost_no_one_else(self):
        node = self.started()
        hello = run_hello()
        crowd = [node.connect() for _ in range(300)]
        for connection in crowd:
            connection.sendall(hello[:-1])
        with Bystander(node) as bystander:
            time.sleep(1)
        bystander.check(self)
        self.assertLess(max(seconds_until_closed(connection) for connection in crowd), FIRST_BYTES + SLACK)
        for connection in crowd:
            connection.close()


class Files(Tls):
    def test_files_that_cannot_be_used_prevent_the_start(self):
        cert, key = self.files
        other_cert, other_key = issue(self.folder, "other")
        garbage = self.folder / "garbage"
        garbage.write_text("no PEM")
        for files, parts in (((self.folder / "none", key), ["cannot read TLS certificate", "none", "No such file"]),
                             ((cert, self.folder / "none"), ["cannot read TLS key", "none", "No such file"]),
                             ((cert, other_key), ["TLS key", other_key, "does not belong", cert]),
                             ((garbage, key), ["TLS certificate", garbage, "no certificate in PEM form"]),
                             ((cert, garbage), ["TLS key", garbage, "no private key in PEM form"])):
            with self.subTest(parts):
                self.refuses_to_start(self.node(config="", tls=files), *parts)

    def test_a_new_certificate_is_taken_while_connections_go_on(self):
        node = self.started()
        with node.connect_tls() as old:
            new = issue(self.folder, "new", "b.example.com")
            os.rename(new[1], self.files[1])
            time.sleep(0.05)
            os.rename(new[0], self.files[0])
            node.process.send_signal(signal.SIGHUP)  # as renewal hooks do
            measured(f"new certificate shown after {self.wait_until_shown(node, self.files):.1f} s")
            old.sendall(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(receive_exactly(old, 12) == b"HTTP/1.1 200")
        self.assertIn("TLS certificate reloaded: b.example.com", node.log())
        self.assertEqual([line for line in node.log().splitlines() if " WARN " in line], [])

    def test_a_broken_certificate_leaves_the_old_one(self):
        node = self.started()
        before = self.der(self.files)
        pathlib.Path(self.files[0]).write_text("broken")
        time.sleep(RELOAD_LIMIT)
        self.assertEqual(self.shown(node), before)
        warnings = [line for line in node.log().splitlines() if " WARN " in line]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn(f"TLS certificate not reloaded, the old one stays: TLS certificate {self.files[0]}", warnings[0])


def sends(connection, data):
    try:
        connection.sendall(data)
    except ConnectionError:
        return 0.0
    return seconds_until_closed(connection)


def run_hello(*options):
    """The first flight of openssl's client."""
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(10)
        process = subprocess.Popen(["openssl", "s_client", "-connect", f"{HOST}:{listener.getsockname()[1]}",
                                    "-cipher", "DEFAULT@SECLEVEL=0", *options],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connection = listener.accept()[0]
            with connection:
                head = receive_exactly(connection, 5)
                return head + receive_exactly(connection, struct.unpack(">H", head[3:])[0])
        finally:
            process.kill()
            process.wait()

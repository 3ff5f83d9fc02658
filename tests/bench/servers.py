"""The servers under load: the product as an operator runs it, and the floors."""

import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
from harness import BINARY, HOST, free_port  # noqa: E402

TOOLS = ROOT / "build/release/bench"
SECRET = "rookery-bench-secret"
UNVERIFIED = ssl._create_unverified_context()


def certificate(directory):
    """A self-signed P-256 certificate: paths of certificate and key."""
    paths = directory / "cert.pem", directory / "key.pem"
    if not paths[0].exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-out",
                        paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


class Server:
    """A process under load; a context manager that starts and ends it."""

    def __init__(self, name, command, log, ready):
        self.name, self.command, self.log, self.ready = name, command, log, ready

    def __enter__(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        began = time.monotonic()
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() - began > 15:
                self.end()
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def answers_health(url):
    try:
        with urllib.request.urlopen(url + "/api/health", timeout=5, context=UNVERIFIED) as answer:
            return answer.status == 200
    except OSError:
        return False


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def product(row, directory, port):
    """`rookery serve` as an operator runs it: one node with every role, log level info."""
    scheme = "https" if row.get("tls") else "http"
    tls = ""
    if row.get("tls"):
        cert, key = certificate(directory)
        tls = f'  tls: {{certFile: "{cert}", keyFile: "{key}"}}\n'
    data = tempfile.mkdtemp(dir=directory, prefix="data-")
    config = directory / "config.yaml"
    config.write_text(f"""server:
  listenAddress: "{HOST}:{port}"
  exposedAddress: "{scheme}://{HOST}:{port}"
  stunPorts: [{free_port()}]
  dataDir: "{data}"
  authSecret: "{SECRET}"
{tls}""")
    url = f"{scheme}://{HOST}:{port}"
    return Server("rookery", [BINARY, "serve", "--config", config], directory / "product.log",
                  lambda: answers_health(url))


def floor(row, directory, port):
    tls = [str(path) for path in certificate(directory)] if row.get("tls") else []
    if row["tool"] == "sigload":
        command = [TOOLS / "floor-signal", f"{HOST}:{port}", *tls]
    else:
        command = [TOOLS / "floor-relay", str(port), *tls]
    return Server(command[0].name, command, directory / "floor.log", lambda: accepts(port))


def tls_is_served(directory):
    """Whether this build ends TLS by itself."""
    try:
        with product({"tls": True}, directory, free_port()):
            return True
    except RuntimeError:
        return False

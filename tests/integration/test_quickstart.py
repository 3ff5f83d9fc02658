"""deploy/quickstart on the release binary that is already built."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
import unittest
import pathlib

from harness import BINARY, HOST, ROOT, Node, TestCase, free_port, measured

SCRIPT = ROOT / "deploy/quickstart"


@unittest.skipUnless(BINARY == ROOT / "build/release/rookery", "the quick start uses build/release/rookery")
class QuickStart(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="rookery-quickstart-")
        self.addCleanup(directory.cleanup)
        self.data_dir = pathlib.Path(directory.name) / "data"
        self.port = free_port()

    def run_it(self, *options, until="Ctrl-C ends it."):
        """Its output up to the line `until`, and the process."""
        process = subprocess.Popen([SCRIPT, "--skip-install", "--data-dir", self.data_dir, *options], cwd="/",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(self.end, process)
        timer = threading.Timer(300, process.terminate)
        timer.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if until in line:
                break
        timer.cancel()
        return "".join(lines), process

    def end(self, process):
        if process.poll() is None:
            process.terminate()
            process.wait(20)
        process.stdout.close()

    def client(self):
        node = Node(self.data_dir.parent)
        node.port = self.port
        return node

    def test_first_run_second_run(self):
        began = time.monotonic()
        text, process = self.run_it("--listen", f"{HOST}:{self.port}")
        measured(f"quick start with everything built: {time.monotonic() - began:.1f} s")
        url = f"http://{HOST}:{self.port}"
        self.assertIn(f"URL           {url}\n", text)
        token = re.search(r"access token  (nbp_\w+)", text)[1]
        join = re.search(r"netbird up --management-url (\S+) --setup-key ([0-9A-F-]{36})\n", text)
        self.assertEqual(join[1], url)
        self.assertIn("another token", text)
        node = self.client()
        self.assertEqual(node.get("/api/users/current", token=token).status, 200)
        keys = node.get("/api/setup-keys", token=token).value
        self.assertEqual([k["name"] for k in keys], ["quickstart"])

        again, other = self.run_it(until="netbird up")
        self.assertEqual(other.wait(10), 0)
        self.assertIn("already runs", again)
        self.assertIn(join[0], again + "\n")

        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        self.assertEqual(process.wait(20), 0, rest)
        self.assertIn("ending the server", rest)

        for file in self.data_dir.iterdir():
            self.assertEqual(stat.S_IMODE(file.stat().st_mode) & 0o077, 0, file.name)
            if file.is_file():
                self.assertNotIn(token.encode(), file.read_bytes(), file.name)

        # Without --listen: remembered.
        text, process = self.run_it()
        self.assertIn(join[0], text)
        self.assertNotIn("access token", text)
        self.assertNotIn("nbp_", text)
        self.assertIn("another token", text)
        self.assertEqual(node.get("/api/setup-keys", token=token).value, keys)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)

    def test_exposed_address(self):
        text, process = self.run_it("--listen", f":{self.port}", "--exposed-address", "http://vpn.example.com:8080/")
        self.assertIn("netbird up --management-url http://vpn.example.com:8080 --setup-key", text)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(20), 0)

    def test_port_taken(self):
        with socket.create_server((HOST, self.port)):
            text, process = self.run_it("--listen", f"{HOST}:{self.port}", until="no such line")
            self.assertEqual(process.wait(10), 1)
        self.assertIn("FAILED", text)
        self.assertIn(str(self.port), text)
        self.assertIn("--listen", text)

    def test_data_dir_not_to_be_made(self):
        self.data_dir.write_text("a file")
        text, process = self.run_it(until="no such line")
        self.assertEqual(process.wait(10), 1)
        self.assertIn(str(self.data_dir), text)
        self.assertIn("--data-dir", text)

    def test_wrong_options(self):
        for options in (["--no-such"], ["--listen"], ["--listen", "nonsense"]):
            text, process = self.run_it(*options, until="no such line")
            self.assertEqual(process.wait(10), 1)
            self.assertIn(options[0], text)

    def test_server_that_is_drained(self):
        text, process = self.run_it("--listen", f"{HOST}:{self.port}")
        self.client().command("drain")
        rest = process.stdout.read()
        self.assertEqual(process.wait(20), 0, rest)
        self.assertIn("was asked to end", rest)
        self.assertNotIn("by itself", rest)

    def test_server_that_dies(self):
        text, process = self.run_it("--listen", f"{HOST}:{self.port}")
        pid = int((self.data_dir / "rookery.lock").read_text())
        os.kill(pid, signal.SIGKILL)
        text += process.stdout.read()
        self.assertNotEqual(process.wait(10), 0)
        self.assertIn("ended by itself", text)

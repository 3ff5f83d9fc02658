"""The control socket of nodes that keep no data: found by the command line without being told where."""

import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BINARY, HOST, TestCase, free_port
from test_signal_pool import Pool


class Bare:
    """`rookery signal` or `rookery relay` as a container runs it, with a runtime directory of the test's own."""

    def __init__(self, directory, role, environment=()):
        self.port = free_port()
        self.log_file = pathlib.Path(directory) / f"{role}-{self.port}.log"
        flags = {"signal": ["--port", str(self.port)],
                 "relay": ["--listen-address", f"{HOST}:{self.port}", "--exposed-address", f"rel://{HOST}:{self.port}",
                           "--auth-secret", "s", "--health-listen-address", f"{HOST}:{free_port()}"]}[role]
        self.environment = {**os.environ, "ROOKERY_DRAIN_DELAY": "100ms", "ROOKERY_DRAIN_TIMEOUT": "100ms",
                            **dict(environment)}
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen([BINARY, role, *flags, "--metrics-port", str(free_port())],
                                            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while "node is ready" not in self.log() and time.monotonic() < deadline and self.process.poll() is None:
            time.sleep(0.01)

    def log(self):
        return self.log_file.read_text(errors="replace")

    def socket(self):
        found = re.search(r"control socket: (.*)", self.log())
        return found and pathlib.Path(found[1])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Control(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="rookery-control-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def bare(self, role, **environment):
        node = Bare(self.directory, role, environment)
        self.addCleanup(node.kill)
        if path := node.socket():  # where the run has no /run of its own
            self.addCleanup(path.unlink, missing_ok=True)
        return node

    def rookery(self, *arguments):
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=30, cwd=self.directory,
                              stdin=subprocess.DEVNULL)

    def test_found_without_being_named(self):
        for role in ("signal", "relay"):
            node = self.bare(role)
            status = self.rookery("status", "--json")
            self.assertEqual(status.returncode, 0, status.stderr)
            self.assertEqual(json.loads(status.stdout)["roles"], [role])
            self.assertEqual(node.socket().stat().st_mode & 0o777, 0o600)
            self.assertIn("debug", self.rookery("log-level", f"{role}=debug").stdout)
            self.assertIn("does not carry Management", self.rookery("tokens", "create").stderr)
            self.assertEqual(self.rookery("drain", "--wait").returncode, 0)
            self.assertEqual(node.process.wait(5), 0)
            self.assertFalse(node.socket().exists())

    def test_two_nodes_of_one_machine(self):
        one, two = self.bare("signal"), self.bare("signal")
        refused = self.rookery("status")
        self.assertEqual(refused.returncode, 1)
        for node in (one, two):
            self.assertIn(str(node.socket()), refused.stderr)
            self.assertEqual(self.rookery("status", "--socket", node.socket()).returncode, 0)
        one.kill()
        self.assertTrue(one.socket().exists())  # a dead one is not counted
        self.assertEqual(self.rookery("status").returncode, 0)

    def test_a_dead_node_s_socket_is_replaced_and_a_living_one_s_is_not(self):
        path = str(self.directory / "door" / "s.sock")
        one = self.bare("signal", ROOKERY_CONTROL_SOCKET=path)
        two = self.bare("signal", ROOKERY_CONTROL_SOCKET=path)
        self.assertIn("another process answers there", two.log())
        self.assertIn("node is ready", two.log())
        one.process.send_signal(signal.SIGKILL)
        one.process.wait()
        three = self.bare("signal", ROOKERY_CONTROL_SOCKET=path)
        listens = json.loads(self.rookery("status", "--json", "--socket", path).stdout)["listen"]
        self.assertEqual(listens, f":{three.port}")

    def test_no_place_for_it(self):
        (self.directory / "file").write_text("")
        node = self.bare("relay", ROOKERY_CONTROL_SOCKET=str(self.directory / "file" / "s.sock"))
        lines = [line for line in node.log().splitlines() if "control socket" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("INFO", lines[0])
        self.assertIn("node is ready", node.log())
        self.assertIsNone(self.bare("signal", ROOKERY_CONTROL_SOCKET="off").socket())

    def test_nothing_runs(self):
        refused = self.rookery("status")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no running node found", refused.stderr)
        self.assertIn("--socket", refused.stderr)


class PoolStatus(Pool):
    def test_every_node_shows_the_pool(self):
        for node in self.nodes:
            node.wait_log("link to node")
        for node in self.nodes:
            path = re.search(r"control socket: (.*)", node.log())[1]
            status = [subprocess.run([BINARY, "status", "--socket", path, *options], capture_output=True, text=True,
                                     timeout=30, check=True).stdout for options in ([], ["--json"])]
            pool = json.loads(status[1])["pool"]
            self.assertEqual(len(pool["nodes"]), 2)
            self.assertTrue(pool["nats"]["connected"])
            self.assertIn(f"NATS: nats://{HOST}:{self.nats.ports[0]}", status[0])
            self.assertRegex(status[0], r"(?m)^\S+ +[0-9a-f]{16} .*  this one$")
            self.assertRegex(status[0], r"(?m)^\S+ +[0-9a-f]{16} .*  NATS; link up")
            self.assertEqual([row["link"]["state"] for row in pool["nodes"] if "link" in row], ["up"])


if __name__ == "__main__":
    unittest.main()

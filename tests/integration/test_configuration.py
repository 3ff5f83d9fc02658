"""config.yaml of the combined server, unknown keys, and the roles on their own."""

import os
import subprocess
import time

from harness import BINARY, HOST, PREFACE, Node, TestCase, free_port, h2_frame, receive_exactly, server_key, upgrade


class ConfigFile(TestCase):
    def test_combined_server(self):
        """The configuration that `serve` gets without a file, written as one: the same parts answer."""
        node = self.node(config='  logFile: "console"\n  disableAnonymousMetrics: true\n  relays:\n    credentialsTTL: "24h"\n')
        node.start()
        self.assertEqual(len(server_key(node)), 44)
        upgrade(node).close()
        self.assertEqual(sorted(node.status()["roles"]), ["management", "relay", "signal", "stun"])
        self.assertEqual([line for line in node.log().splitlines() if " WARN " in line], [])

    def test_roles_elsewhere(self):
        node = self.node(config="""  signalUri: "https://signal.example.com:443"
  stuns:
    - uri: "stun:stun.example.com:3478"
      proto: "udp"
  relays:
    addresses: ["rels://relay.example.com:443"]
    secret: "shared"
    credentialsTTL: "24h"
""")
        node.start()
        self.assertEqual(node.status()["roles"], ["management"])
        self.assertEqual(node.get("/relay").status, 404)

    def test_file_and_flags_make_the_same_network(self):
        """A network started with a file goes on without one, and the other way round."""
        node = self.node(config="")
        node.start()
        token, key = node.token(), server_key(node)
        node.stop()
        flags = Node(node.directory)
        flags.data_dir = node.data_dir
        self.addCleanup(flags.kill)
        flags.start()
        self.assertEqual(server_key(flags), key)
        self.assertEqual(flags.get("/api/users/current", token=token).status, 200)

    def test_unknown_key_warns_once(self):
        node = self.node(config='  lissenAddress: ":1"\n')
        node.start()
        warnings = [line for line in node.log().splitlines() if " WARN " in line]
        self.assertEqual(len(warnings), 1, warnings)
        self.assertIn("lissenAddress", warnings[0])
        self.assertIn("listenAddress", warnings[0].replace("lissenAddress", ""))

    def test_strict_makes_it_an_error(self):
        node = self.node(config='  lissenAddress: ":1"\n', options=("--strict",))
        self.refuses_to_start(node, "lissenAddress", "listenAddress")

    def test_own_section_is_always_strict(self):
        node = self.node(config="rookery:\n  supervison: {}\n")
        self.refuses_to_start(node, "supervison", "supervision")

    def test_check_config(self):
        for extra, code in (("", 0), ('  lissenAddress: ":1"\n', 1), ("  stunPorts: [70000]\n", 1), ("  dataDir: [\n", 1)):
            with self.subTest(extra=extra):
                node = self.node(config=extra)
                done = subprocess.run([BINARY, "check-config", "--config", node.directory / "config.yaml"],
                                      capture_output=True, text=True, timeout=10)
                self.assertEqual(done.returncode, code, done)
                self.assertFalse(node.data_dir.exists())
                if extra.startswith("  liss"):
                    self.assertIn("lissenAddress", done.stderr)
                    self.assertIn("listenAddress", done.stderr.replace("lissenAddress", ""))

    def test_refusals(self):
        for wrong, text in (('server: [', "failed to parse config file"),
                            ("server: {}\n", "server.exposedAddress is required"),
                            ("server:\n  exposedAddress: http://h:1\n", "server.authSecret is required"),
                            ("server:\n  exposedAddress: http://h:1\n  authSecret: x\n  stunPorts: [1, 1]\n",
                             "duplicate STUN port 1")):
            with self.subTest(text):
                node = self.node(config="")
                (node.directory / "config.yaml").write_text(wrong)
                self.refuses_to_start(node, "failed to execute command", text)
        node = self.node(config="")
        (node.directory / "config.yaml").unlink()
        self.refuses_to_start(node, "failed to read config file")

    def test_what_is_not_there_yet_is_refused(self):
        """Nothing is accepted that would then silently not happen."""
        for extra in ('  ha:\n    enabled: true\n    redisAddr: "redis://127.0.0.1:1"\n    natsEndpoints: "nats://127.0.0.1:1"\n'
                      '  store:\n    encryptionKey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="\n',
                      '  store:\n    engine: "postgres"\n    dsn: "host=127.0.0.1"\n'):
            with self.subTest(extra=extra):
                self.refuses_to_start(self.node(config=extra), "this version")


class Roles(TestCase):
    """The separate images' ways to be started."""

    def role(self, arguments, environment=None):
        node = self.node()
        node.options = arguments
        saved = dict(os.environ)
        os.environ.update(environment or {})
        try:
            node.spawn()
        finally:
            os.environ.clear()
            os.environ.update(saved)
        return node

    def wait_for(self, node, port):
        for _ in range(500):
            try:
                return node.connect(port)
            except ConnectionRefusedError:
                if node.process.poll() is not None:
                    raise AssertionError(node.tail())
                time.sleep(0.01)
        raise AssertionError(f"nothing on {port}:\n{node.tail()}")

    def test_signal(self):
        port = free_port()
        node = self.role(["signal", "--log-level", "info", "--log-file", "console", "--port", str(port)])
        with self.wait_for(node, port) as connection:
            connection.sendall(PREFACE + h2_frame(4, 0, 0))
            self.assertEqual(receive_exactly(connection, 9)[3], 4)  # SETTINGS: gRPC answers
        self.assertEqual(node.stop(), 0)

    def test_signal_by_environment(self):
        port = free_port()
        node = self.role(["signal", "run"], {"NB_PORT": str(port)})
        self.wait_for(node, port).close()
        self.assertEqual(node.stop(), 0)

    def test_relay_by_environment(self):
        port, stun = free_port(), free_port()
        node = self.role(["relay"], {"NB_LISTEN_ADDRESS": f"{HOST}:{port}", "NB_EXPOSED_ADDRESS": f"rel://{HOST}:{port}",
                                     "NB_AUTH_SECRET": "secret", "NB_LOG_LEVEL": "info", "NB_ENABLE_STUN": "true",
                                     "NB_STUN_PORTS": str(stun)})
        node.port = port
        self.wait_for(node, port).close()
        upgrade(node).close()
        self.assertIn(node.get("/").status, (200, 426))
        self.assertIn(f"rel://{HOST}:{port}", node.log())
        self.assertEqual(node.stop(), 0)

    def test_relay_without_settings(self):
        node = self.role(["relay"])
        self.assertEqual(node.ended(5), 1)
        self.assertRegex(node.log().strip().splitlines()[-1], "exposed address is required|auth secret is required")

    def test_management_alone(self):
        node = self.node(config='  signalUri: "http://127.0.0.1:1"\n  relays:\n    addresses: ["rel://127.0.0.1:1"]\n'
                                '    secret: "x"\n  stuns:\n    - uri: "stun:127.0.0.1:1"\n')
        node.options[0] = "management"
        node.start()
        self.assertEqual(node.status()["roles"], ["management"])
        self.assertEqual(len(server_key(node)), 44)

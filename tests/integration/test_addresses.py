"""Who a client is: IPv6 on every port, and addresses that only trusted proxies may tell."""

import http.client
import re
import socket
import struct
import time

from harness import HOST, TestCase, free_port, server_key, upgrade

LOOPBACK6 = "::1"
COOKIE = 0x2112A442


def stun_binding(host, port):
    """Our own address and port as the server sees them, and the true ones."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    transaction = bytes(range(12))
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect((host, port))
        client.send(struct.pack(">HHI", 1, 0, COOKIE) + transaction)
        answer = client.recv(1500)
        own = client.getsockname()[:2]
    kind, _, cookie = struct.unpack(">HHI", answer[:8])
    assert (kind, cookie, answer[8:20]) == (0x0101, COOKIE, transaction), answer
    attribute, size, _, mapped_family, mapped_port = struct.unpack(">HHBBH", answer[20:28])
    assert attribute == 0x0020, answer
    mask = struct.pack(">I", COOKIE) + transaction
    raw = bytes(a ^ b for a, b in zip(answer[28:24 + size], mask))
    text = socket.inet_ntop(socket.AF_INET6 if mapped_family == 2 else socket.AF_INET, raw)
    return (text, mapped_port ^ (COOKIE >> 16)), own


class Ipv6(TestCase):
    def logged(self, node, text):
        deadline = time.monotonic() + 5
        while text not in node.log():
            self.assertLess(time.monotonic(), deadline, f"no {text} in\n{node.tail()}")
            time.sleep(0.02)

    def test_everything_on_one_address(self):
        health, metrics = free_port(), free_port()
        node = self.node(host=LOOPBACK6, config=f"  healthcheckAddress: '[::1]:{health}'\n  metricsPort: {metrics}\n",
                         trust='trustedPeers: ["::1"]')
        node.start()
        server_key(node)
        with self.subTest("REST"):
            self.assertEqual(node.get("/api/peers", token=node.token()).status, 200)
        with self.subTest("only there"), self.assertRaises(ConnectionRefusedError):
            socket.create_connection((HOST, node.port), timeout=5)
        with self.subTest("relay"), upgrade(node) as connection:
            self.logged(node, f"WS client connected from: [::1]:{connection.getsockname()[1]}")
        with self.subTest("STUN"):
            seen, own = stun_binding(LOOPBACK6, node.stun_port)
            self.assertEqual(seen, own)
        with self.subTest("old agents' ports"):
            for port in (10000, 33073):
                with node.connect(port):
                    pass
        for name, port, path in (("health", health, "/health"), ("metrics", metrics, "/metrics")):
            with self.subTest(name):
                connection = http.client.HTTPConnection(LOOPBACK6, port, timeout=5)
                connection.request("GET", path)
                self.assertEqual(connection.getresponse().status, 200)
                connection.close()
        with self.subTest("status"):
            self.assertEqual(node.status()["listen"], f"[::1]:{node.port}")
        self.assertEqual(node.stop(), 0)

    def test_all_addresses_are_both_families(self):
        node = self.node()
        node.options[node.options.index("--listen") + 1] = f":{node.port}"
        node.start()
        for host, shown in ((HOST, HOST), (LOOPBACK6, "[::1]")):
            with self.subTest(host):
                connection = socket.create_connection((host, node.port), timeout=5)
                port = connection.getsockname()[1]
                with upgrade(node, connection=connection):
                    self.logged(node, f"WS client connected from: {shown}:{port}")
                seen, own = stun_binding(host, 3478)
                self.assertEqual(seen, own)


class Proxies(TestCase):
    def seen_by_relay(self, node, host, headers):
        """Under which address the relay logs an agent that comes from `host`."""
        before = node.log().count("WS client connected from: ")
        with upgrade(node, headers=headers, connection=socket.create_connection((host, node.port), timeout=5)):
            deadline = time.monotonic() + 5
            while True:
                lines = re.findall(r"WS client connected from: (\S+)", node.log())
                if len(lines) > before:
                    return lines[-1]
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.02)

    def test_only_a_trusted_proxy_may_name_a_client(self):
        node = self.node(config="", trust='trustedPeers: ["::1"]\n    trustedHTTPProxies: ["::1"]')
        node.start()
        told = {"X-Real-Ip": "203.0.113.9", "X-Real-Port": "5555"}
        self.assertTrue(self.seen_by_relay(node, HOST, told).startswith(f"{HOST}:"))

        both = self.node(trust="")
        both.options = ["serve", "--listen", f":{both.port}", "--exposed-address", both.url, "--data-dir",
                        str(both.data_dir), "--log-level", "debug"]
        both.start()
        for host, shown in ((HOST, HOST), (LOOPBACK6, "[::1]")):
            self.assertTrue(self.seen_by_relay(both, host, told).startswith(f"{shown}:"))
        self.assertEqual(both.stop(), 0)

    def test_a_trusted_proxy_on_ipv6(self):
        node = self.node(host=LOOPBACK6, config="", trust='trustedPeers: ["::1"]\n    trustedHTTPProxies: ["::1"]')
        node.start()
        for told, seen in (({"X-Real-Ip": "203.0.113.9", "X-Real-Port": "5555"}, "203.0.113.9:5555"),
                           ({"X-Real-Ip": "2001:db8::9", "X-Real-Port": "5555"}, "[2001:db8::9]:5555")):
            self.assertEqual(self.seen_by_relay(node, LOOPBACK6, told), seen)
        self.assertTrue(self.seen_by_relay(node, LOOPBACK6, {}).startswith("[::1]:"))

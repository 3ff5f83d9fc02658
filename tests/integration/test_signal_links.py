"""Direct links between Signal nodes: messages go on without NATS, and strangers get nothing."""

import contextlib
import os
import re
import select
import signal
import socket
import struct
import threading
import time
import unittest
import urllib.request

from harness import HOST, measured
from test_signal import open_stream
from test_signal_pool import NATS_SERVER, Pool, next_body


class Proxy:
    """A TCP proxy in front of one server that can be cut and healed."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.open = True
        self.pairs = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                if not self.open:
                    client.close()
                    continue
                server = socket.create_connection((HOST, self.target))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                continue
            self.pairs.append((client, server))
            threading.Thread(target=self.carry, args=(client, server), daemon=True).start()

    @staticmethod
    def carry(one, other):
        with contextlib.suppress(OSError, ValueError):
            while True:
                for ready in select.select([one, other], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (other if ready is one else one).sendall(data)

    def cut(self):
        self.open = False
        for pair in self.pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self.pairs.clear()

    def heal(self):
        self.open = True

    def close(self):
        self.cut()
        self.listener.close()


class Linked(Pool):
    def together(self):
        super().together()
        for node in self.nodes:
            node.wait_log("link to node")

    def metric(self, node, name):
        with urllib.request.urlopen(f"http://{HOST}:{node.metrics_port}/metrics", timeout=5) as answer:
            found = re.search(rf"^{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
        return float(found[1]) if found else None

    def comes_to(self, node, name, value, limit=10):
        deadline = time.monotonic() + limit
        while self.metric(node, name) != value:
            self.assertLess(time.monotonic(), deadline, f"{name} is {self.metric(node, name)}, not {value}")
            time.sleep(0.05)

    def link_port(self, node):
        return int(re.search(r"direct links between nodes: listening on port (\d+)", node.log())[1])


@unittest.skipUnless(os.path.exists(NATS_SERVER), "no nats-server")
class WithoutNats(Linked):
    def test_messages_cross_without_nats_and_nothing_comes_twice(self):
        one, two = self.nodes
        with open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"before")
            self.nats.kill_all()
            gap = self.arrives(one, bob, b"without")
            measured(f"all NATS servers killed: a message crosses after {gap:.2f} s")
            self.assertLess(gap, 2)
            time.sleep(4)  # longer than a sibling without a word is believed to live
            self.assertNotIn("has left the pool", one.log() + two.log())
            for number in range(100):
                one.send(b"alice", b"bob", b"w%d" % number)
            self.assertEqual([next_body(bob) for _ in range(100)], [b"w%d" % n for n in range(100)])

            sent = self.sends_while(one, lambda: (self.nats.start_all(), two.wait_log("NATS connected", count=2),
                                                  one.wait_log("NATS connected", count=2), time.sleep(2)))
            got = [next_body(bob) for _ in range(sent)]
            self.assertEqual(sorted(got), sorted(b"n%d" % n for n in range(sent)))
            with self.assertRaises(TimeoutError):
                next_body(bob, 0.5)
            self.comes_to(one, "rookery_pool_links_in_use", 0)
            for node in self.nodes:
                self.assertEqual(self.metric(node, "rookery_pool_addresses"), 1)
                self.assertEqual(self.metric(node, "rookery_pool_settled"), 1)

    def sends_while(self, node, what):
        """Sends numbered messages, one after the other, until `what` is done. How many."""
        done = threading.Event()
        count = 0

        def send():
            nonlocal count
            while not done.is_set():
                node.send(b"alice", b"bob", b"n%d" % count)
                count += 1
                time.sleep(0.02)

        thread = threading.Thread(target=send)
        thread.start()
        try:
            what()
        finally:
            done.set()
            thread.join()
        return count

    def test_who_comes_and_goes_without_nats_is_known(self):
        one, two = self.nodes
        self.nats.kill_all()
        one.wait_log("NATS connection lost")
        with open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"new")
            with open_stream(one, "bob") as newer:
                self.assertIsNone(next_body(bob))
                self.arrives(two, newer, b"newest")

    def test_a_killed_sibling_is_noticed_without_nats(self):
        one, two = self.nodes
        self.nats.kill_all()
        one.wait_log("NATS connection lost")
        two.kill()
        one.wait_log("link to node", count=2)  # it ended
        one.wait_log("has left the pool", 8)

    def test_a_goodbye_comes_without_nats(self):
        one, two = self.nodes
        self.nats.kill_all()
        one.wait_log("NATS connection lost")
        two.wait_log("NATS connection lost")
        two.process.send_signal(signal.SIGTERM)
        self.assertEqual(two.process.wait(12), 0)
        one.wait_log("has left the pool", 1)

    def test_old_messages_of_a_link_are_not_delivered(self):
        one, two = self.nodes
        self.nats.kill_all()
        one.wait_log("NATS connection lost")
        with open_stream(two, "bob") as old:
            self.arrives(one, old, b"before")
            two.suspend()
            for _ in range(50):
                one.send(b"alice", b"bob", b"old")
                time.sleep(0.05)
            one.wait_log("has left the pool", 8)
            with open_stream(one, "bob") as bob:
                two.process.send_signal(signal.SIGCONT)
                self.assertIsNone(next_body(old, 15))
                one.send(b"alice", b"bob", b"new")
                self.assertEqual(next_body(bob), b"new")


@unittest.skipUnless(os.path.exists(NATS_SERVER), "no nats-server")
class CutFromNats(Linked):
    def signal_node(self, name):
        node = super().signal_node(name)
        if name == "two":
            self.proxy = Proxy(self.nats.ports[0])
            self.addCleanup(self.proxy.close)
            node.environment["NATS_ENDPOINTS"] = f"nats://{HOST}:{self.proxy.port}"
        return node

    def test_one_node_cut_from_nats_stays_ready_and_delivers(self):
        one, two = self.nodes
        with open_stream(one, "alice") as alice, open_stream(two, "bob") as bob:
            self.arrives(one, bob, b"before")
            self.proxy.cut()
            two.wait_log("NATS connection lost")
            for via, to, key in ((one, bob, b"bob"), (two, alice, b"alice")):
                via.send(b"x", key, b"by link")
                self.assertEqual(next_body(to, 2), b"by link")
            time.sleep(4)
            self.assertEqual(two.get("/").status, 200)
            self.assertNotIn("has left the pool", one.log() + two.log())
            self.proxy.heal()
            two.wait_log("NATS connected", count=2)
            self.comes_to(one, "rookery_pool_links_in_use", 0)
            one.send(b"x", b"bob", b"by NATS")
            self.assertEqual(next_body(bob), b"by NATS")


@unittest.skipUnless(os.path.exists(NATS_SERVER), "no nats-server")
class Strangers(Linked):
    @staticmethod
    def refused(reason):
        return f'rookery_pool_link_refused_total{{reason="{reason}"}}'

    def closed_within(self, node, data, limit, slowly=False):
        """Connects to the link port and says `data`; it must be closed, with nothing said."""
        with socket.create_connection((HOST, self.link_port(node))) as stranger:
            stranger.settimeout(limit)
            began = time.monotonic()
            with contextlib.suppress(ConnectionError, BrokenPipeError):
                for byte in data:
                    stranger.sendall(bytes([byte]))
                    if slowly:
                        time.sleep(0.1)
            try:
                self.assertEqual(stranger.recv(1), b"")
            except ConnectionResetError:
                pass
            return time.monotonic() - began

    def test_strangers_are_refused_in_time_and_counted(self):
        one, _ = self.nodes
        greeting = b"RKLK\x01" + struct.pack("<QQ", 1, 2) + bytes(64)
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\xff\xff\xff", struct.pack("<I", 10) + b"0123456789",
                     struct.pack("<I", len(greeting)) + greeting):
            before = self.metric(one, self.refused("protocol"))
            self.assertLess(self.closed_within(one, data, 3), 1)
            self.comes_to(one, self.refused("protocol"), before + 1)
        for data, slowly in ((b"", False), (struct.pack("<I", 85) + b"RKLK", False), (struct.pack("<I", 85) + bytes(40), True)):
            before = self.metric(one, self.refused("too_slow"))
            self.assertLess(self.closed_within(one, data, 6, slowly), 6)
            self.comes_to(one, self.refused("too_slow"), before + 1)
        self.assertNotIn("WARN", one.log())
        self.assertEqual(self.metric(one, "rookery_pool_links_up"), 1)


if __name__ == "__main__":
    unittest.main()

"""/metrics of running nodes: what the board and the alerts name is there, values move, roles alone and together."""

import http.client
import json
import os
import re
import subprocess
import time
import unittest

from harness import BINARY, HOST, ROOT, TestCase, free_port, server_key
from test_relay import join
from test_signal import SEND, message, open_stream, unary_call
from test_signal_pool import NATS_SERVER, Nats, SignalNode

OBSERVABILITY = ROOT / "deploy/observability"
PROMQL_WORDS = {"sum", "by", "rate", "increase", "histogram_quantile", "and", "or", "le", "label_values", "instance",
                "unless", "on", "ignoring", "max", "min", "avg", "without"}


def scrape(port, limit=15):
    """{series with labels: value}, and {family: type}."""
    deadline = time.monotonic() + limit
    while True:
        try:
            connection = http.client.HTTPConnection(HOST, port, timeout=5)
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            text = answer.read().decode()
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    if answer.status != 200:
        raise AssertionError(text)
    series = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
              for line in text.splitlines() if not line.startswith("#")}
    types = dict(line.split()[2:4] for line in text.splitlines() if line.startswith("# TYPE "))
    return series, types


def with_prefix(expression):
    """A selector of names with Signal's prefix or without it, as the name with it."""
    return re.sub(r'\{__name__=~"\(signal_\)\?(\w+)",', r"signal_\1{", expression)


def metrics_of(expression):
    """The metric names in a PromQL expression."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)|label_values\((\w+),[^)]*\)", r" \1 ", bare)
    return {word for word in re.findall(r"[a-zA-Z_][a-zA-Z0-9_]+", bare) if word not in PROMQL_WORDS}


def labels_of(expression):
    """{metric: labels} as far as they stand behind the metric itself."""
    return {name: set(re.findall(r'(\w+)=~?"', selector))
            for name, selector in re.findall(r"(\w+)\{([^}]*)\}", expression)}


def expressions():
    board = json.loads((OBSERVABILITY / "grafana-board.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield f"board, {panel['title']}", with_prefix(target["expr"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield f"board, variable {variable['name']}", variable["query"]
    for alert, expression in re.findall(r"- alert: (\w+)\n\s+expr: (.*)\n", (OBSERVABILITY / "alerts.yml").read_text()):
        yield f"alert {alert}", expression


class Metrics(TestCase):
    def running(self):
        port = free_port()
        node = self.node(config=f"  metricsPort: {port}\n", level="info")
        node.start()
        return node, port

    def series_of_a_pool(self):
        directory = self.node().directory
        nats = Nats(1, directory).start_all()
        self.addCleanup(nats.kill_all)
        member = SignalNode(directory, nats.endpoints, "member").start()
        self.addCleanup(member.kill)
        return scrape(member.metrics_port)[0]

    @unittest.skipUnless(os.path.exists(NATS_SERVER), "no nats-server")
    def test_board_and_alerts_name_what_is_there(self):
        node, port = self.running()
        node.get("/api/peers")  # answers by status have a series once there is one
        series, types = scrape(port)
        label_names = {}
        for line in [*series, *self.series_of_a_pool()]:
            name, _, rest = line.partition("{")
            label_names.setdefault(name, set()).update(re.findall(r'(\w+)="', rest))
        named = list(expressions())
        self.assertGreater(len(named), 40)
        for where, expression in named:
            with self.subTest(where):
                for name in metrics_of(expression) - {"up"}:
                    self.assertIn(name, label_names, expression)
                    if name.endswith("_total"):
                        self.assertRegex(expression, r"(rate|increase)\(" + name, "a counter is shown as it is")
                for name, labels in labels_of(expression).items():
                    if name != "up":
                        self.assertLessEqual(labels - {"instance", "job"}, label_names[name], expression)

    def test_values_move(self):
        node, port = self.running()
        server_key(node)
        with open_stream(node, "bob"), join(node, "a"):
            with node.connect() as sender:
                unary_call(sender, SEND, message(b"alice", b"bob", b"x" * 110))
            with node.connect() as sender:
                unary_call(sender, SEND, message(b"alice", b"nobody", b"x"))
            token = node.token()
            self.assertEqual(node.get("/api/peers", token=token).status, 200)
            self.assertEqual(node.get("/api/peers/none", token=token).status, 404)
            series, _ = scrape(port)
        expected = {
            "rookery_ready": 1,
            "signal_active_peers": 1,
            "signal_registrations_total": 1,
            "signal_registration_delay_milliseconds_count": 1,
            "signal_messages_forwarded_total": 1,
            'signal_message_forward_failures_total{type="not_connected"}': 1,
            'signal_message_size_bytes_count{type="message"}': 2,
            'signal_message_size_bytes_bucket{type="message",le="100"}': 1,
            'signal_message_forward_latency_milliseconds_count{type="stream"}': 1,
            'signal_get_registration_delay_milliseconds_count{type="stream",status="found"}': 1,
            'signal_get_registration_delay_milliseconds_count{type="stream",status="not_found"}': 1,
            'relay_peers{transport="ws"}': 1,
            "relay_peer_authentication_time_milliseconds_count": 1,
            "management_grpc_key_request_counter_total": 1,
            'management_http_request_counter_total{endpoint="/api/peers",method="GET"}': 1,
            'management_http_response_counter_total{endpoint="/api/peers/peerId",method="GET",code="404"}': 1,
            'management_http_response_counter_code_total{code="200"}': 1,
            "rookery_management_accounts": 1,
            "rookery_store_errors_total": 0,
            "rookery_log_lines_lost_total": 0,
        }
        self.assertEqual({name: series.get(name) for name in expected}, expected)
        self.assertGreater(series["management_store_transaction_duration_ms_milliseconds_count"], 0)
        self.assertGreater(series['rookery_log_lines_total{level="info"}'], 10)
        self.assertGreater(series["process_resident_memory_bytes"], 1e6)

        deadline = time.monotonic() + 15
        while series["signal_deregistrations_total"] != 1 or series['relay_peers{transport="ws"}'] != 0:
            self.assertLess(time.monotonic(), deadline, series)
            time.sleep(0.02)
            after, _ = scrape(port)
            for name, value in after.items():  # a counter never goes back, also when actors end
                if name.split("{")[0].endswith(("_total", "_count", "_bucket")):
                    self.assertGreaterEqual(value, series.get(name, 0), name)
            series = after
        self.assertEqual(series["signal_peer_connection_duration_seconds_count"], 1)

    def role(self, *arguments):
        port = free_port()
        log = open(self.node().directory / "log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen([BINARY, *arguments, "--metrics-port", str(port)], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return scrape(port)[1]

    def test_signal_alone_has_no_prefix(self):
        types = self.role("signal", "run", "--port", str(free_port()))
        self.assertEqual(types["active_peers"], "gauge")
        self.assertEqual(types["message_forward_latency_milliseconds"], "histogram")
        for name in types:
            self.assertFalse(name.startswith(("signal_", "relay_", "management_")), name)

    def test_relay_alone(self):
        address = f"{HOST}:{free_port()}"
        types = self.role("relay", "--listen-address", address, "--exposed-address", f"rel://{address}",
                          "--auth-secret", "x", "--health-listen-address", "")
        self.assertEqual(types["relay_peers"], "gauge")
        for name in types:
            self.assertTrue(name.startswith(("relay_", "rookery_", "process_")), name)
            self.assertFalse(name.startswith("rookery_signal"), name)

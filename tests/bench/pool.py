#!/usr/bin/env python3
"""Measures a Signal pool of two nodes over one nats-server.

  tests/bench/pool.py [--pairs N] [--secs S] [--json FILE] [cross] [loss] [rest]

cross  messages between two nodes against the same load on one node of a pool, in turn, --pairs times (default 5): 200
       agents, 1,500 messages per second; processor time of both nodes, delivery times, what the nats-server takes
loss   a node with 5,000 agents is killed; the same agents connect to the other, which has 5,000 of its own, all at once
rest   10,000 agents on one node: what they cost the other in memory, and NATS in traffic while nothing happens

Without a word: all. As root it runs in a network namespace of its own. The results are also in build/bench/pool.json
(--json). Exit code 0: every check of the load generator passed and every limit is kept. The last line is
"bench: N passed, M failed".
"""

import argparse
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.append(str(ROOT / "tests/integration"))  # behind this folder, which has a run.py too
from harness import BINARY, HOST, free_port  # noqa: E402
from namespace import enter_namespace  # noqa: E402
from run import spread, three  # noqa: E402
from servers import TOOLS, Server, accepts  # noqa: E402


def memory_kb(process, field="VmRSS"):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1])


def cpu_seconds(process):
    return time.clock_gettime((~process.pid << 3) | 2)


class Pool(contextlib.ExitStack):
    """A nats-server and signal nodes that know each other."""

    def __init__(self, directory, size):
        super().__init__()
        port, self.monitor = free_port(), free_port()
        self.nats = self.enter_context(Server(
            "nats-server", ["nats-server", "-a", HOST, "-p", str(port), "-m", str(self.monitor)],
            directory / "nats.log", lambda: accepts(port)))
        self.ports, self.metrics, self.nodes = [], [], []
        for index in range(size):
            self.add_node(directory / f"node{index}.log", f"nats://{HOST}:{port}")
        wait_for(lambda: all(node.log.read_text().count("is in the pool") == size - 1 for node in self.nodes))
        time.sleep(2)  # the join window

    def add_node(self, log, endpoint):
        port, metrics = free_port(), free_port()
        command = ["env", "SINGLE_NODE_MODE=false", f"NATS_ENDPOINTS={endpoint}", BINARY, "signal", "--port", str(port),
                   "--metrics-port", str(metrics), "--log-level", "info"]
        self.nodes.append(self.enter_context(Server("rookery", command, log, lambda: accepts(port))))
        self.ports.append(port)
        self.metrics.append(metrics)

    def url(self, *indexes):
        return ",".join(f"http://{HOST}:{self.ports[index]}" for index in indexes)

    def pids(self, *indexes):
        return ",".join(str(self.nodes[index].process.pid) for index in indexes)

    def peers(self, index):
        with urllib.request.urlopen(f"http://{HOST}:{self.metrics[index]}/metrics", timeout=10) as answer:
            return float(re.search(r"^active_peers(?:{.*})? (\S+)$", answer.read().decode(), re.MULTILINE)[1])

    def nats_figures(self):
        with urllib.request.urlopen(f"http://{HOST}:{self.monitor}/varz", timeout=10) as answer:
            return json.load(answer)


def wait_for(condition, limit=60):
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > limit:
            raise RuntimeError("it does not come about")
        time.sleep(0.1)


def sigload(url, *arguments):
    command = [str(TOOLS / "sigload"), "--url", url, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def result_of(load):
    return json.loads(load.communicate(timeout=300)[0])


@contextlib.contextmanager
def held(pool, index, agents, seed):
    """So many idle agents on a node."""
    before = pool.peers(index)
    load = sigload(pool.url(index), "--n", agents, "--mode", "idle", "--conns", min(agents, 500), "--seed", seed,
                   "--settle", 600)
    try:
        wait_for(lambda: pool.peers(index) == before + agents)
        time.sleep(3)
        yield
    finally:
        load.kill()
        load.wait()


def figure(name, values, unit, limit):
    values = values if isinstance(values, list) else [values]
    kept = limit is None or statistics.median(values) <= limit
    said = "" if limit is None else f"limit {limit:g}"
    print(f"{name:48} {three(spread(values)):>20} {unit:12} {said}{'' if kept else '  MISSED'}", flush=True)
    return {"name": name, "values": values, "unit": unit, "limit": limit, "kept": kept}


def check(name, kept):
    print(f"{name:48} {'yes' if kept else 'NO'}", flush=True)
    return {"name": name, "kept": kept}


def paced(pool, nodes, seconds):
    nats_before = cpu_seconds(pool.nats.process)
    result = result_of(sigload(pool.url(*nodes), "--n", 200, "--mode", "open", "--rate", 1500, "--runs", 1, "--secs",
                               seconds, "--warm", 1, "--pid", pool.pids(*nodes)))
    nats = (cpu_seconds(pool.nats.process) - nats_before) / result["checks"]["sent"] * 1e6
    summary = result["summary"]
    return {"ok": result["ok"], "cpu": summary["server_cpu_us_per_msg"]["median"],
            "p99": summary["latency_us_p99"]["median"] / 1e3, "nats": nats}


def cross(directory, arguments):
    one, two = [], []
    for pair in range(arguments.pairs):
        # Who begins alternates: the machine's drift hits both alike.
        sides = [(one, 1), (two, 2)]
        for runs, size in sides if pair % 2 == 0 else reversed(sides):
            with Pool(directory, size) as pool:
                runs.append(paced(pool, range(size), arguments.secs))
    p99 = [run["p99"] for run in one]
    yield figure("cross: same node, CPU", [run["cpu"] for run in one], "µs/message", None)
    yield figure("cross: both nodes, CPU", [run["cpu"] for run in two], "µs/message", None)
    yield figure("cross: CPU ratio", [b["cpu"] / a["cpu"] for a, b in zip(one, two)], "×", 2.2)
    yield figure("cross: nats-server, CPU", [run["nats"] for run in two], "µs/message", None)
    yield figure("cross: same node, p99", p99, "ms", None)
    yield figure("cross: two nodes, p99", [run["p99"] for run in two], "ms", 2 * statistics.median(p99) + 1)
    yield check("cross: every message arrived once, in order", all(run["ok"] for run in one + two))


def loss(directory, _):
    with Pool(directory, 2) as pool:
        survivor = pool.nodes[1].process
        with held(pool, 1, 5000, 1):
            orphans = sigload(pool.url(0), "--n", 5000, "--mode", "idle", "--seed", 2, "--settle", 600)
            wait_for(lambda: pool.peers(0) == 5000)
            time.sleep(3)
            pool.nodes[0].process.kill()
            orphans.kill()
            began = time.monotonic()
            again = sigload(pool.url(1), "--n", 5000, "--mode", "idle", "--seed", 2, "--parallel", 2000,
                            "--settle", 10)
            wait_for(lambda: pool.peers(1) == 10000)
            until_counted = time.monotonic() - began
            result = result_of(again)
            orphans.wait()
            peak, steady = memory_kb(survivor, "VmHWM"), memory_kb(survivor)
        yield figure("loss: all 5,000 are registered again after", result["connect"]["secs"], "s", 10)
        yield figure("loss: … seen in the survivor's metrics after", until_counted, "s", None)
        yield figure("loss: peak memory / with 10,000 agents", peak / steady, "×", 2)
        yield check("loss: the survivor lives, nobody was refused",
                    survivor.poll() is None and result["connect"]["failed"] == 0)


def rest(directory, _):
    with Pool(directory, 2) as pool:
        subscriptions = pool.nats_figures()["subscriptions"]
        before = memory_kb(pool.nodes[1].process)
        with held(pool, 0, 10000, 3):
            grown = memory_kb(pool.nodes[1].process) - before
            first = pool.nats_figures()
            time.sleep(20)
            last = pool.nats_figures()
            yield figure("rest: the other node's memory", grown * 1024 / 10000, "bytes/peer", 200)
            yield figure("rest: into the nats-server", (last["in_bytes"] - first["in_bytes"]) / 20 / 2 / 1024,
                         "KB/s·node", 20)
            yield figure("rest: out of it", (last["out_bytes"] - first["out_bytes"]) / 20 / 2 / 1024, "KB/s·node", 20)
            yield check("rest: as many subscriptions as without agents", last["subscriptions"] == subscriptions)


PARTS = {"cross": cross, "loss": loss, "rest": rest}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="|".join(PARTS))
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--secs", type=float, default=4)
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/pool.json")
    arguments = parser.parse_args()
    if unknown := set(arguments.what) - set(PARTS):
        parser.error(f"unknown: {' '.join(unknown)}")
    enter_namespace()
    results = []
    with tempfile.TemporaryDirectory(prefix="rookery-pool-") as directory:
        for name in arguments.what or PARTS:
            results += PARTS[name](pathlib.Path(directory), arguments)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(results, indent=1))
    failed = sum(not result["kept"] for result in results)
    print(f"results: {arguments.json}\nbench: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

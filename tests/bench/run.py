#!/usr/bin/env python3
"""Measures the release binary against bare servers ("floors"): CPU per unit of work, memory per idle agent.

  tests/bench/run.py [--pairs N] [--secs S] [--json FILE] [WHAT...]
  tests/bench/run.py --list
  tests/bench/run.py --markdown FILE... results of earlier runs as a table for docs/performance.md
  tests/bench/run.py --self-test        floors that damage what they forward: the generators must notice

WHAT: names of rows in rows.toml, or patterns (relay-*, *-idle); without one: all. For each row, product and floor run
in turn, --pairs times (default 3), each as a fresh process under the same load for --secs seconds (default 3). Rows
with the same load are measured by the same runs. A ratio is of two neighbours in time; limits are for medians.

Rates and latencies depend on what else the machine does; CPU per unit and its ratio depend much less on it. As root it
runs in a network namespace of its own. The results are also in build/bench/bench.json (--json). Exit code 0: every
check of the load generators passed and every limit is kept. The last line is "bench: N passed, M failed".
"""

import argparse
import fnmatch
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/integration"))
from harness import HOST, free_port  # noqa: E402
from namespace import enter_namespace  # noqa: E402
from servers import SECRET, TOOLS, floor, product, tls_is_served  # noqa: E402


def load_command(row, port, pid, seconds):
    scheme = {"sigload": "http", "relayload": "rel"}[row["tool"]] + ("s" if row.get("tls") else "")
    command = [str(TOOLS / row["tool"]), "--url", f"{scheme}://{HOST}:{port}", *shlex.split(row["arguments"])]
    if row["tool"] == "relayload":
        command += ["--secret", SECRET]
    if "idle" not in row["arguments"]:
        command += ["--runs", "1", "--secs", str(seconds), "--warm", str(row.get("warm", 1))]
    return [*command, "--pid", str(pid)]


def shown(command):
    """The command of a row as one would type it."""
    text = shlex.join(command[1:]).replace(SECRET, "S")
    for option, name in (("--url", "$URL"), ("--pid", "$PID")):
        value = command[command.index(option) + 1]
        text = text.replace(f"{option} {shlex.quote(value)}", f"{option} {name}")
    return f"{pathlib.Path(command[0]).name} {text}"


def run_load(row, make_server, directory, seconds):
    port = free_port()
    with make_server(row, directory, port) as server:
        command = load_command(row, port, server.process.pid, seconds)
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
        if server.process.poll() is not None:
            raise RuntimeError(f"{server.name} ended by itself:\n{server.log.read_text(errors='replace')[-2000:]}")
    if done.returncode == 2 or not done.stdout:
        raise RuntimeError(f"{shlex.join(command)}: {done.stderr.strip()}")
    return shown(command), json.loads(done.stdout)


def figure(result, path):
    for key in path.split("."):
        result = result[key]
    return result


def spread(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def measure(rows, directory, pairs, seconds):
    """Rows with one load: their results."""
    row = rows[0]
    runs = {"product": [], "floor": []}
    command = ""
    for pair in range(pairs):
        # Who begins alternates too: the machine's drift hits both alike.
        sides = [("product", product), ("floor", floor)]
        for side, make in sides if pair % 2 == 0 else reversed(sides):
            command, result = run_load(row, make, directory, seconds)
            runs[side].append(result)
            if sys.stdout.isatty():
                print(".", end="", flush=True)
    return [judge(row, command, runs) for row in rows]


def judge(row, command, runs):
    mine = [figure(r, row["figure"]) for r in runs["product"]]
    bare = [figure(r, row["figure"]) for r in runs["floor"]]
    ratios = [a / b for a, b in zip(mine, bare)]
    judged = statistics.median(ratios if row["judge"] == "ratio" else mine)
    checks = all(r["ok"] for side in runs.values() for r in side)
    return {"name": row["name"], "command": command, "tls": bool(row.get("tls")), "unit": row["unit"],
            "product": spread(mine), "floor": spread(bare), "ratio": spread(ratios), "judge": row["judge"],
            "limit": row["limit"], "checks": checks, "kept": judged <= row["limit"],
            "errors": [r["errors"] | r["checks"] for side in runs.values() for r in side if not r["ok"]],
            "runs": runs}


FAULTS = [
    ("sigload", "drop", "lost"), ("sigload", "dup", "duplicates"), ("sigload", "corrupt", "malformed_or_misrouted"),
    ("relayload", "drop", "lost"), ("relayload", "dup", "duplicates"), ("relayload", "swap", "reordered"),
    ("relayload", "corrupt", "malformed_or_misrouted"),
]


def self_test(directory):
    missed = 0
    for tool, fault, count in FAULTS:
        os.environ["FAULT"] = fault
        _, result = run_load({"tool": tool, "arguments": "--n 20"}, floor, directory, 1)
        noticed = not result["ok"] and result["checks"][count] > 0
        missed += not noticed
        print(f"{tool}: {fault}: {'noticed' if noticed else 'NOT NOTICED'}: {result['checks']}", flush=True)
    print(f"bench: {len(FAULTS) - missed} passed, {missed} failed")
    return 1 if missed else 0


def number(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def three(values):
    return "/".join(number(values[k]) for k in ("min", "median", "max"))


CLEAR = "\r\033[K" if sys.stdout.isatty() else ""
HEAD = f"{'row':26} {'product':>17} {'floor':>17} {'ratio':>15}  {'unit':11} {'limit':>8}"


def line(result):
    limit = f"{result['limit']:g} ×" if result["judge"] == "ratio" else f"{result['limit']:g}"
    mark = "" if result["kept"] else "  MISSED"
    if not result["checks"]:
        mark = "  CHECKS FAILED"
    return (f"{result['name']:26} {three(result['product']):>17} {three(result['floor']):>17} "
            f"{three(result['ratio']):>15}  {result['unit']:11} {limit:>8}{mark}")


def markdown(files):
    """The newest result of each row wins."""
    results = {}
    for file in files:
        report = json.loads(file.read_text())
        results |= {r["name"]: r for r in report["rows"]}
    print("| row | command | product | floor | ratio | limit |\n|---|---|---|---|---|---|")
    for r in results.values():
        ratio, value = three(r["ratio"]), f"{three(r['product'])} {r['unit']}"
        limit = f"{r['limit']:g} ×" if r["judge"] == "ratio" else f"{r['limit']:g}"
        command = r["command"].replace(" --url $URL", "").replace(" --pid $PID", "").replace(" --secret S", "")
        print(f"| {r['name']} | `{command}` | {value} | {three(r['floor'])} | {ratio} | {limit}"
              f"{'' if r['kept'] else ' **missed**'} |")


def machine():
    cpu = [l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")]
    system = dict(l.rstrip().split("=", 1) for l in open("/etc/os-release") if "=" in l)
    return {"cpu": cpu[0] if cpu else platform.machine(), "cores": os.cpu_count(),
            "system": system.get("PRETTY_NAME", "").strip('"'), "kernel": platform.release(),
            "load": os.getloadavg()}


def by_load(rows):
    """Rows that one load measures, in the order of the file."""
    groups = {}
    for row in rows:
        groups.setdefault((row["tool"], row["arguments"], row.get("tls")), []).append(row)
    return groups.values()


def chosen(rows, patterns):
    for pattern in patterns:
        if not any(fnmatch.fnmatch(row["name"], pattern) for row in rows):
            sys.exit(f'bench: no row "{pattern}" (see --list)')
    return [r for r in rows if not patterns or any(fnmatch.fnmatch(r["name"], p) for p in patterns)]


def bench(rows, directory, arguments):
    report = {"machine": machine(), "pairs": arguments.pairs, "seconds": arguments.secs, "rows": [], "skipped": []}
    m = report["machine"]
    print(f"{m['cpu']}, {m['cores']} cores, {m['system']}, kernel {m['kernel']}, load {m['load'][0]:.1f}\n"
          f"min/median/max of {arguments.pairs} pairs\n\n{HEAD}")
    tls = any(row.get("tls") for row in rows) and tls_is_served(directory)
    for group in by_load(rows):
        if group[0].get("tls") and not tls:
            report["skipped"] += [row["name"] for row in group]
            continue
        for result in measure(group, directory, arguments.pairs, arguments.secs):
            report["rows"].append(result)
            print(f"{CLEAR}{line(result)}\n    {result['command']}", flush=True)
            for errors in result["errors"]:
                print(f"    {errors}")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(report, indent=1))
    if report["skipped"]:
        print(f"skipped: this build does not end TLS: {' '.join(report['skipped'])}")
    failed = [r for r in report["rows"] if not (r["kept"] and r["checks"])]
    print(f"results: {arguments.json}\nbench: {len(report['rows']) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--secs", type=float, default=3)
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "build/bench/bench.json")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--markdown", type=pathlib.Path, nargs="+", metavar="FILE")
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.markdown:
        return markdown(arguments.markdown)
    rows = chosen(tomllib.loads((HERE / "rows.toml").read_text())["row"], arguments.what)
    if arguments.list:
        for row in rows:
            print(f"{row['name']:26} {row['tool']} {row['arguments']}{' (TLS)' if row.get('tls') else ''}")
        return 0
    enter_namespace()
    with tempfile.TemporaryDirectory(prefix="rookery-bench-") as directory:
        if arguments.self_test:
            return self_test(pathlib.Path(directory))
        return bench(rows, pathlib.Path(directory), arguments)


if __name__ == "__main__":
    sys.exit(main())

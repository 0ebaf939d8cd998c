#!/usr/bin/env python3
"""Fleets of 1,000, 10,000 and 100,000 deployments: a full load beside its peer, and one changed file up to its decided plan.

The peer is PyYAML with libyaml's C loader over `git cat-file --batch`, on the same files, alternating; `peer.py` says how.
Usage: run.py BENCH-MANIFEST [--rounds 3] [--fleets FOLDER]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [1_000, 10_000, 100_000]
sys.path.insert(0, os.path.dirname(HERE))
from reach import reach  # noqa: E402


def run(*command):
    return json.loads(subprocess.check_output(command, text=True).splitlines()[-1])


def load(bench, fleets, rounds):
    """Row 1: 10,000 deployments, 20,000 documents and more, at most 1,000 files a folder."""
    peers, ours = [], []
    for _ in range(rounds):
        peers.append(run(sys.executable, f"{HERE}/peer.py", f"{fleets}/10000"))
        ours.append(run(bench, "load", f"{fleets}/10000"))
        print(f"peer     {peers[-1]}\nwaybill  {ours[-1]}")
    peer, own = (statistics.median(row["full_ms"] for row in rows) for rows in (peers, ours))
    resident = max(row["resident_mb"] for row in ours)
    print(f"load of 10,000 deployments: {own:.0f} ms, the peer {peer:.0f} ms; "
          f"{resident} MB resident, the peer {peers[0]['resident_mb']} MB")
    reach("load against PyYAML's C loader", peer / own, ">= 5 x", peer / own >= 5)
    reach("load", own, "<= 2000 ms", own <= 2000)
    reach("resident after it", resident, "<= 200 MB", resident <= 200)


def decide(bench, fleets):
    """Row 2: fetch done to plan decided, beside the full load of the same."""
    rows = {}
    for count in SIZES:
        rows[count] = row = run(bench, "decide", f"{fleets}/{count}")
        print(f"one changed file of {count:,}: {row['one_ms']:.1f} ms from fetched to plan decided (worst of "
              f"{row['changes']}: {row['worst_ms']:.1f} ms); a full load takes {row['full_ms']:.0f} ms, "
              f"{row['full_ms'] / row['one_ms']:.1f} x as long")
    one = rows[10_000]["one_ms"]
    growth = rows[100_000]["one_ms"] / rows[1_000]["one_ms"]
    reach("one changed file of 10,000", one, "<= 100 ms", one <= 100)
    reach("from 1,000 to 100,000 files", growth, "<= 2 x", growth <= 2)


def plan(bench, fleets):
    """Row 3: the reviewer's plan of one promotion among 10,000 deployments that are loaded, up to its comment."""
    row = run(bench, "plan", f"{fleets}/10000")
    print(f"plan of one promotion among {row['deployments']:,}: {row['plan_ms']:.1f} ms, {row['characters']} characters; the load of "
          f"the base, which a command without a controller does first, takes {row['full_ms']:.0f} ms")
    reach("reviewer's plan of one promotion of 10,000", row["plan_ms"], "<= 300 ms", row["plan_ms"] <= 300)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fleets", help="where fleets are kept between runs; a scratch folder otherwise")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as scratch:
        fleets = arguments.fleets or scratch
        for count in SIZES:
            if not os.path.exists(f"{fleets}/{count}"):
                subprocess.run([arguments.bench, "generate", f"{fleets}/{count}", str(count)], check=True)
        load(arguments.bench, fleets, arguments.rounds)
        plan(arguments.bench, fleets)
        decide(arguments.bench, fleets)


if __name__ == "__main__":
    main()

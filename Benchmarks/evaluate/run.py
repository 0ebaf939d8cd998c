#!/usr/bin/env python3
"""Every metric over 1,000,000 rows beside scikit-learn: the same columns, one core, in turns; and reading as many rows of CSV.

Both have their columns in memory before the clock starts: numpy arrays there, columns as the reader of labelled sets gives them here. Makes a
Python environment in the work folder. scikit-learn has no calibration error; its time stands alone.
Usage: run.py BENCH-EVALUATE [--rows 1000000] [--rounds 5]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from reach import reach  # noqa: E402

PEERS = ["scikit-learn==1.9.1", "numpy==2.4.6", "scipy==1.17.1"]
# One core for both, and one thread.
SETTINGS = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def environment(work):
    folder = os.path.join(work, "waybill-bench-sklearn")
    if not os.path.exists(os.path.join(folder, "complete")):
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        subprocess.run([os.path.join(folder, "bin/pip"), "install", "--quiet", *PEERS], check=True)
        open(os.path.join(folder, "complete"), "w").close()
    return os.path.join(folder, "bin/python")


def run(*command):
    core = str(max(os.sched_getaffinity(0)))
    return json.loads(subprocess.check_output(["taskset", "-c", core, *command], text=True, env=SETTINGS).splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", default=tempfile.gettempdir(), help="where the environment is kept")
    options = parser.parse_args()
    python = environment(options.work)
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as folder:
        subprocess.run([python, f"{HERE}/peer.py", "write", folder, str(options.rows)], check=True)
        sys.exit(0 if measure(options, python, folder) else 1)


def measure(options, python, folder):
    ours, theirs = [], []
    for _ in range(options.rounds):
        theirs.append(run(python, f"{HERE}/peer.py", folder, "3"))
        ours.append(run(options.bench, folder, "3"))
    print(f"{options.rows:,} rows, median of {options.rounds}, milliseconds")
    worst, is_equal = ("", 0), True
    for name in ours[0]:
        if name == "resident_mb":
            continue
        own = statistics.median(row[name][1] for row in ours)
        if name not in theirs[0]:
            print(f"  {name:18} {own:8.2f}")
            continue
        peer = statistics.median(row[name][1] for row in theirs)
        value, other = ours[0][name][0], theirs[0][name][0]
        is_equal &= abs(value - other) <= 1e-9 * max(1, abs(other))
        worst = max(worst, (name, own / peer), key=lambda pair: pair[1])
        print(f"  {name:18} {own:8.2f}   scikit-learn {peer:8.2f}   {own / peer:.2f} x")
    is_good = reach("values against scikit-learn's", "equal" if is_equal else "different", "to 1e-9", is_equal)
    is_good &= reach(f"slowest beside scikit-learn, {worst[0]}", worst[1], "<= 1.0 x", worst[1] <= 1)
    resident = max(row["resident_mb"] for row in ours)
    is_good &= reach("peak memory of the metrics, MB", resident, "<= 200", resident <= 200)
    read = run(options.bench, folder, "read")
    print(f"  reading {read['rows']:,} rows of CSV: {read['ms']:.0f} ms")
    is_good &= read["rows"] == options.rows
    return reach("peak memory of reading, MB", read["resident_mb"], "<= 200", read["resident_mb"] <= 200) and is_good


if __name__ == "__main__":
    main()

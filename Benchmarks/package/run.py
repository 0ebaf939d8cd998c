#!/usr/bin/env python3
"""Packaging large local files beside cp + sync + openssl, on one core and on two.

Each act runs three times, in turns, over the same files, warm in the cache; the median counts. Peak memory is that of
the process.
"""
import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from reach import reach  # noqa: E402


def run(command, cores):
    """Seconds and peak memory in MB of a command on so many cores."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["taskset", "-c", ",".join(map(str, range(cores)))] + command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True, help="bench-package, built for release")
    parser.add_argument("--size", type=int, default=1000, help="megabytes of each file")
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=None, help="where to work; its file system counts")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="waybill-bench-", dir=options.folder)
    try:
        measure(options, folder)
    finally:
        shutil.rmtree(folder)


def measure(options, folder):
    needed = options.size * options.files * 2 * 1_000_000
    free = shutil.disk_usage(folder).free
    if free < needed * 1.2:
        sys.exit(f"{folder} has {free >> 20} MB free; {needed >> 20} are needed: choose a smaller --size")
    files, described = [], []
    for number in range(options.files):
        path = f"{folder}/file{number}.bin"
        digest = hashlib.sha256()
        with open(path, "wb") as out:
            for _ in range(options.size):
                block = os.urandom(1_000_000)
                digest.update(block)
                out.write(block)
        files.append(path)
        described.append(f"{path}=sha256:{digest.hexdigest()}={options.size * 1_000_000}")
    copy, store = f"{folder}/copy", f"{folder}/store"
    peer = ["sh", "-c", f'mkdir {copy} && cp "$@" {copy} && sync -f {copy} && openssl dgst -sha256 "$@"', "sh"] + files
    acts = {
        "package": [options.tool, "build", store] + described,
        "cp + sync + openssl": peer,
        "hash": [options.tool, "hash"] + files,
        "openssl dgst": ["openssl", "dgst", "-sha256"] + files,
    }
    print(f"{options.files} files of {options.size} MB, median of {options.rounds}")
    for cores in sorted({1, min(2, os.cpu_count() or 1)}):
        times = {name: [] for name in acts}
        memory = {name: 0 for name in acts}
        for _ in range(options.rounds):
            for name, command in acts.items():
                os.sync()
                seconds, peak = run(command, cores)
                times[name].append(seconds)
                memory[name] = max(memory[name], peak)
                for left in (copy, store):
                    shutil.rmtree(left, ignore_errors=True)
        middle = {name: statistics.median(values) for name, values in times.items()}
        print(f"\n{cores} core{'' if cores == 1 else 's'}        seconds    MB/s   peak MB")
        for name in acts:
            rate = options.size * options.files / middle[name]
            print(f"  {name:20} {middle[name]:6.2f}  {rate:6.0f}  {memory[name]:8.0f}")
        bound = 1.0 if cores == 1 else 0.8
        share = middle["package"] / middle["cp + sync + openssl"]
        reach(f"packaging on {cores}, time against cp + sync + openssl", share, f"<= {bound} x", share <= bound)
        rate = middle["openssl dgst"] / middle["hash"]
        reach(f"hashing on {cores}, speed against openssl", rate, ">= 0.9 x", rate >= 0.9)
        reach(f"peak memory on {cores}, MB", memory["package"], "<= 100", memory["package"] <= 100)


if __name__ == "__main__":
    main()

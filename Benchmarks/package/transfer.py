#!/usr/bin/env python3
"""Pushing a bundle of large files to a registry on this machine and pulling it, beside `skopeo copy` of the same layout.

Both take turns, each against a registry of its own that begins empty, on the same file system; the median counts. Peak memory is that
of the client's process. Needs docker-registry and skopeo.
"""
import argparse
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from reach import reach


class Registry:
    """docker-registry on a free port of loopback, in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = "127.0.0.1:%d" % free.getsockname()[1]
        os.makedirs(folder)
        with open(f"{folder}/config.yml", "w") as out:
            out.write(
                "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
                f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\nhttp: {{addr: '{self.host}'}}\n")
        self.log = open(f"{folder}/log", "w")
        self.process = subprocess.Popen(
            ["docker-registry", "serve", f"{folder}/config.yml"], stdout=self.log, stderr=self.log)
        host, port = self.host.split(":")
        for _ in range(200):
            try:
                socket.create_connection((host, int(port)), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.end()
        sys.exit("docker-registry does not answer")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder)


def run(command):
    """Seconds and peak memory in MB of a command."""
    os.sync()
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command[:3])} failed")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True, help="bench-package, built for release")
    parser.add_argument("--waybill", required=True, help="waybill, built for release")
    parser.add_argument("--size", type=int, default=1000, help="megabytes of each file")
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=None, help="where to work; its file system counts")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="waybill-bench-", dir=options.folder)
    try:
        return 0 if measure(options, folder) else 1
    finally:
        shutil.rmtree(folder)


def measure(options, folder):
    # The bundle, and a registry and a pulled copy at one time.
    needed = options.size * options.files * 3 * 1_000_000
    free = shutil.disk_usage(folder).free
    if free < needed * 1.2:
        sys.exit(f"{folder} has {free >> 20} MB free; {needed >> 20} are needed: choose a smaller --size")
    store = build(options, folder)
    acts = ["push", "skopeo push", "pull", "skopeo pull"]
    times, memory = {name: [] for name in acts}, {name: 0.0 for name in acts}

    def take(name, command):
        seconds, peak = run(command)
        times[name].append(seconds)
        memory[name] = max(memory[name], peak)

    for round in range(options.rounds):
        # In turns, so that neither always has the warmer cache.
        for peer in ((False, True) if round % 2 == 0 else (True, False)):
            registry = Registry(f"{folder}/registry")
            there, copy = f"{registry.host}/bench:1", f"{folder}/copy"
            try:
                if peer:
                    take("skopeo push", ["skopeo", "copy", "--quiet", "--dest-tls-verify=false",
                                         f"oci:{store}/layout:bench@1.0.0", f"docker://{there}"])
                    take("skopeo pull", ["skopeo", "copy", "--quiet", "--src-tls-verify=false",
                                         f"docker://{there}", f"oci:{copy}:bench"])
                else:
                    take("push", [options.waybill, "package", "push", "bench@1.0.0", there, "--store", store])
                    take("pull", [options.waybill, "package", "pull", there, "--store", copy])
            finally:
                registry.end()
                shutil.rmtree(copy, ignore_errors=True)
            # The next push must not find what this one remembers of a registry that is gone.
            shutil.rmtree(f"{store}/places", ignore_errors=True)
    return report(options, acts, times, memory)


def build(options, folder):
    described = []
    for number in range(options.files):
        path = f"{folder}/file{number}.bin"
        digest = hashlib.sha256()
        with open(path, "wb") as out:
            for _ in range(options.size):
                block = os.urandom(1_000_000)
                digest.update(block)
                out.write(block)
        described.append(f"{path}=sha256:{digest.hexdigest()}={options.size * 1_000_000}")
    store = f"{folder}/store"
    subprocess.run([options.tool, "build", store] + described, check=True, stdout=subprocess.DEVNULL)
    for item in described:
        os.unlink(item.split("=")[0])
    return store


def report(options, acts, times, memory):
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"{options.files} files of {options.size} MB, median of {options.rounds}\n")
    print(f"  {'':20} seconds    MB/s   peak MB")
    for name in acts:
        rate = options.size * options.files / middle[name]
        print(f"  {name:20} {middle[name]:7.2f}  {rate:6.0f}  {memory[name]:8.0f}")
    good = True
    for name in ("push", "pull"):
        good &= reach(f"{name} beside skopeo copy", middle[name] / middle[f"skopeo {name}"], "<= 1.0 x", middle[name] <= middle[f"skopeo {name}"])
        good &= reach(f"peak memory of {name}, MB", memory[name], "<= 100", memory[name] <= 100)
    return good


if __name__ == "__main__":
    sys.exit(main())

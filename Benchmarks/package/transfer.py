#!/usr/bin/env python3
"""Pushing a bundle of large files to a registry on this machine and pulling it, beside `skopeo copy` of the same layout.

Both take turns, each against a registry of its own that begins empty, on the same file system; the median counts. Peak memory is that
of the client's process. Needs docker-registry and skopeo.
"""
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time

import largefiles

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from reach import reach  # noqa: E402


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


def main():
    parser = largefiles.parser()
    parser.add_argument("--waybill", required=True, help="waybill, built for release")
    options = parser.parse_args()
    return 0 if largefiles.in_folder(options, lambda folder: measure(options, folder)) else 1


def measure(options, folder):
    # The bundle, a registry, a pulled copy, and what warms.
    largefiles.require_space(folder, options, 4)
    store = build(options, folder)
    acts = ["push", "skopeo push", "pull", "skopeo pull"]
    times, memory = {name: [] for name in acts}, {name: 0.0 for name in acts}

    def take(name, command):
        largefiles.warm(folder, options.size * options.files)
        seconds, peak = largefiles.run(command)
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
    paths, described = largefiles.write(folder, options)
    store = f"{folder}/store"
    subprocess.run([options.tool, "build", store] + described, check=True, stdout=subprocess.DEVNULL)
    for path in paths:
        os.unlink(path)
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

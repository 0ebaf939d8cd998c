"""What the benchmarks of packaging share: large files, their folder, and the time and memory of a command."""
import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time


def parser():
    """The options that every one of them has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tool", required=True, help="bench-package, built for release")
    parser.add_argument("--size", type=int, default=1000, help="megabytes of each file")
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=None, help="where to work; its file system counts")
    return parser


def in_folder(options, body):
    """What `body(folder)` gives, in a folder that is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="waybill-bench-", dir=options.folder)
    try:
        return body(folder)
    finally:
        shutil.rmtree(folder)


def require_space(folder, options, copies):
    needed = options.size * options.files * copies * 1_000_000
    free = shutil.disk_usage(folder).free
    if free < needed * 1.2:
        sys.exit(f"{folder} has {free >> 20} MB free; {needed >> 20} are needed: choose a smaller --size")


def write(folder, options):
    """Files of chance in `folder`; their paths, and each as bench-package takes it: PATH=DIGEST=SIZE."""
    paths, described = [], []
    for number in range(options.files):
        path = f"{folder}/file{number}.bin"
        digest = hashlib.sha256()
        with open(path, "wb") as out:
            for _ in range(options.size):
                block = os.urandom(1_000_000)
                digest.update(block)
                out.write(block)
        paths.append(path)
        described.append(f"{path}=sha256:{digest.hexdigest()}={options.size * 1_000_000}")
    return paths, described


def warm(folder, megabytes):
    """Writes so much, and removes it: a virtual machine gives memory back while it is not used, and whoever needs it next waits for
    its host. Before each act, so that it is nobody's turn to pay for that."""
    path, block = f"{folder}/warm", bytes(1_000_000)
    with open(path, "wb") as out:
        for _ in range(megabytes):
            out.write(block)
    os.unlink(path)


def run(command, cores=None):
    """Seconds and peak memory in MB of a command, on so many cores."""
    pinned = ["taskset", "-c", ",".join(map(str, range(cores)))] if cores else []
    os.sync()
    began = time.monotonic()
    process = subprocess.Popen(pinned + command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command[:3])} failed")
    return time.monotonic() - began, usage.ru_maxrss / 1024

#!/usr/bin/env python3
"""Building a bundle and signing it, beside `model_signing sign` alone on the same tree; and signing from digests that are known.

Each act runs three times, in turns, over the same files, warm in the cache; the median counts. Makes a Python environment with the
reference implementation in the work folder.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import largefiles

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from reach import reach  # noqa: E402

# model_signing does not name pyOpenSSL among what it needs.
PEERS = ["model_signing==1.1.1", "pyOpenSSL==26.4.0"]


def environment(work):
    folder = os.path.join(work, "waybill-bench-model-signing")
    if not os.path.exists(os.path.join(folder, "complete")):
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        subprocess.run([os.path.join(folder, "bin/pip"), "install", "--quiet", *PEERS], check=True)
        open(os.path.join(folder, "complete"), "w").close()
    return os.path.join(folder, "bin/python")


def main():
    parser = largefiles.parser()
    parser.add_argument("--work", default=tempfile.gettempdir(), help="where the environment is kept")
    options = parser.parse_args()
    python = environment(options.work)
    sys.exit(0 if largefiles.in_folder(options, lambda folder: measure(options, python, folder)) else 1)


def measure(options, python, folder):
    os.mkdir(f"{folder}/tree")
    _, described = largefiles.write(f"{folder}/tree", options)
    key, store = f"{folder}/key.pem", f"{folder}/store"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    os.chmod(key, 0o600)
    peer = [python, "-m", "model_signing", "sign", "key", f"{folder}/tree", "--private_key", key, "--signature", f"{folder}/sig"]
    times = {"build": [], "sign": [], "peer": []}
    memory = {"build": 0, "sign": 0, "peer": 0}
    for _ in range(options.rounds):
        shutil.rmtree(store, ignore_errors=True)
        for name, command in (
            ("build", [options.tool, "build", store, *described]), ("sign", [options.tool, "sign", store, key]), ("peer", peer),
        ):
            largefiles.warm(folder, options.size * options.files)
            seconds, peak = largefiles.run(command)
            times[name].append(seconds)
            memory[name] = max(memory[name], peak)
    middle = {name: statistics.median(values) for name, values in times.items()}
    print(f"{options.files} files of {options.size} MB, median of {options.rounds}")
    print(f"  build {middle['build']:.2f} s, sign {middle['sign'] * 1000:.0f} ms, model_signing sign {middle['peer']:.2f} s")
    ratio = (middle["build"] + middle["sign"]) / middle["peer"]
    isFast = reach("build + sign / model_signing sign", ratio, "<= 1.2 x", ratio <= 1.2)
    milliseconds = round(middle["sign"] * 1000)
    isFast &= reach("signing from known digests", milliseconds, "<= 100 ms", milliseconds <= 100)
    peak = max(memory["build"], memory["sign"])
    return reach("peak memory of build + sign, MB", peak, "<= 100", peak <= 100) and isFast


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Packaging large local files beside cp + sync + openssl, on one core and on two.

Each act runs three times, in turns, over the same files, warm in the cache; the median counts. Peak memory is that of
the process.
"""
import os
import shutil
import statistics
import sys

import largefiles

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from reach import reach  # noqa: E402


def main():
    options = largefiles.parser().parse_args()
    sys.exit(0 if largefiles.in_folder(options, lambda folder: measure(options, folder)) else 1)


def measure(options, folder):
    largefiles.require_space(folder, options, 3)
    files, described = largefiles.write(folder, options)
    copy, store = f"{folder}/copy", f"{folder}/store"
    peer = ["sh", "-c", f'mkdir {copy} && cp "$@" {copy} && sync -f {copy} && openssl dgst -sha256 "$@"', "sh"] + files
    acts = {
        "package": [options.tool, "build", store] + described,
        "cp + sync + openssl": peer,
        "hash": [options.tool, "hash"] + files,
        "openssl dgst": ["openssl", "dgst", "-sha256"] + files,
    }
    isSmall = True
    print(f"{options.files} files of {options.size} MB, median of {options.rounds}")
    for cores in sorted({1, min(2, os.cpu_count() or 1)}):
        times = {name: [] for name in acts}
        memory = {name: 0 for name in acts}
        for _ in range(options.rounds):
            for name, command in acts.items():
                largefiles.warm(folder, options.size * options.files)
                seconds, peak = largefiles.run(command, cores)
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
        for name, what in (("package", "packaging"), ("hash", "hashing")):
            isSmall &= reach(f"peak memory of {what} on {cores}, MB", memory[name], "<= 100", memory[name] <= 100)
    return isSmall


if __name__ == "__main__":
    main()

"""The peer: PyYAML with libyaml's C loader over `git cat-file --batch`, the same files as the loader reads."""
import json
import resource
import subprocess
import sys
import time

import yaml


def main(folder):
    commit = subprocess.check_output(["git", "-C", folder, "rev-list", "--max-parents=0", "HEAD"], text=True).strip()
    begin = time.perf_counter()
    listing = subprocess.check_output(["git", "-C", folder, "ls-tree", "-r", "-z", commit])
    blobs = [
        entry.split(b"\t")[0].split()[2]
        for entry in listing.split(b"\0")
        if entry.endswith((b".yaml", b".yml"))
    ]
    batch = subprocess.Popen(
        ["git", "-C", folder, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    documents = []
    for start in range(0, len(blobs), 128):
        some = blobs[start : start + 128]
        batch.stdin.write(b"\n".join(some) + b"\n")
        batch.stdin.flush()
        for _ in some:
            size = int(batch.stdout.readline().split()[2])
            text = batch.stdout.read(size)
            batch.stdout.read(1)
            documents.extend(yaml.load_all(text, Loader=yaml.CSafeLoader))
    spent = (time.perf_counter() - begin) * 1000
    batch.stdin.close()
    batch.wait()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"documents": len(documents), "full_ms": round(spent, 1), "resident_mb": memory}))


main(sys.argv[1])

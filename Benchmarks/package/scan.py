#!/usr/bin/env python3
"""One table of verdicts, Waybill beside picklescan and modelscan on the same files, and the time for 1,000 scikit-learn pickles.

    Benchmarks/package/scan.py --waybill PATH [--work FOLDER]

Needs /usr/bin/python3 with venv; makes two environments in the work folder, and the two corpora by the tests' own scripts. Use a
release build: the debug one is many times slower.
"""
import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "../../Tests/WaybillPackageTests/Corpus")
MODELS = ["joblib==1.6.0", "lightgbm==4.7.0", "numpy==2.4.6", "scikit-learn==1.9.1", "scipy==1.17.1", "xgboost-cpu==3.2.0"]
PEERS = ["picklescan==1.0.5", "modelscan==0.8.8"]


def environment(work, name, packages):
    folder = os.path.join(work, name)
    if not os.path.exists(os.path.join(folder, "complete")):
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        subprocess.run([os.path.join(folder, "bin/pip"), "install", "--quiet", *packages], check=True)
        open(os.path.join(folder, "complete"), "w").close()
    return os.path.join(folder, "bin")


def waybill(program, folder):
    output = subprocess.run([program, "package", "scan", folder, "-o", "json"], capture_output=True, text=True).stdout
    return {os.path.basename(item["path"]): item["verdict"] == "safe" for item in json.loads(output)["items"]}


# The peers are asked file by file in one process each: whether a user who goes by the answer would load the file.
PICKLESCAN = """
import json, os, sys
from picklescan.scanner import scan_file_path
passed = {}
for name in sorted(os.listdir(sys.argv[1])):
    try:
        result = scan_file_path(os.path.join(sys.argv[1], name))
        passed[name] = result.infected_files == 0 and result.issues_count == 0 and not result.scan_err
    except Exception:
        passed[name] = False
json.dump(passed, sys.stdout)
"""
MODELSCAN = """
import json, os, sys
from modelscan.modelscan import ModelScan
from modelscan.settings import DEFAULT_SETTINGS
passed = {}
scan = ModelScan(settings=DEFAULT_SETTINGS)
for name in sorted(os.listdir(sys.argv[1])):
    try:
        result = scan.scan(os.path.join(sys.argv[1], name))
        passed[name] = not result["issues"] and not result["errors"]
    except Exception:
        passed[name] = False
json.dump(passed, sys.stdout)
"""


def peer(python, script, folder):
    done = subprocess.run([python, "-c", script, folder], capture_output=True, text=True)
    return json.loads(done.stdout[done.stdout.index("{"):])


def timed(body):
    start = time.monotonic()
    result = body()
    return time.monotonic() - start, result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--waybill", required=True)
    parser.add_argument("--work", default="/tmp/waybill-bench-package")
    options = parser.parse_args()
    work = options.work
    os.makedirs(work, exist_ok=True)
    models = environment(work, "models", MODELS)
    peers = os.path.join(environment(work, "peers", PEERS), "python")
    bad, good = os.path.join(work, "adversarial"), os.path.join(work, "clean")
    for folder, python, script in ((bad, "/usr/bin/python3", "make_adversarial.py"), (good, f"{models}/python", "make_clean.py")):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([python, "-W", "ignore", os.path.join(CORPUS, script), folder], check=True)
    scanners = {
        "waybill": lambda folder: waybill(options.waybill, folder),
        "picklescan": lambda folder: peer(peers, PICKLESCAN, folder),
        "modelscan": lambda folder: peer(peers, MODELSCAN, folder),
    }
    table(scanners, bad, good)
    times(scanners, good, os.path.join(work, "thousand"))


def table(scanners, bad, good):
    verdicts = {name: scan(bad) for name, scan in scanners.items()}
    techniques = collections.defaultdict(list)
    for name in sorted(os.listdir(bad)):
        techniques[name.split(".")[0]].append(name)
    print(f"{'technique':32} {'files':>5}  " + "  ".join(f"{name + ' passed':>18}" for name in scanners))
    total = collections.Counter()
    for technique, names in sorted(techniques.items()):
        missed = {scanner: sum(found.get(name, True) for name in names) for scanner, found in verdicts.items()}
        total.update(missed)
        print(f"{technique:32} {len(names):5}  " + "  ".join(f"{missed[name]:18}" for name in scanners))
    files = sum(map(len, techniques.values()))
    print(f"{'all adversarial':32} {files:5}  " + "  ".join(f"{total[name]:18}" for name in scanners))
    alarms = {name: sum(not passed for passed in scan(good).values()) for name, scan in scanners.items()}
    print(f"{'clean files refused':32} {len(os.listdir(good)):5}  " + "  ".join(f"{alarms[name]:18}" for name in scanners))


def times(scanners, good, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    pickles = [name for name in sorted(os.listdir(good)) if name.endswith(".pkl") and name[0].isupper()]
    for number in range(1000):
        name = pickles[number % len(pickles)]
        shutil.copy(os.path.join(good, name), os.path.join(folder, f"{number:04}.{name}"))
    taken = {name: min(timed(lambda: scan(folder))[0] for _ in range(3)) for name, scan in scanners.items()}
    for name, seconds in taken.items():
        print(f"1,000 scikit-learn pickles: {name:10} {seconds:8.3f} s   {seconds / taken['waybill']:6.1f} x waybill")


if __name__ == "__main__":
    sys.exit(main())

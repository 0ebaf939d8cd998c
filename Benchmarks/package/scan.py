#!/usr/bin/env python3
"""One table of verdicts, Waybill beside picklescan and modelscan on the same files, and the time for 1,000 scikit-learn pickles and
for a large archive of torch.

    Benchmarks/package/scan.py --waybill PATH [--work FOLDER] [--torch-mb 2000]

Needs /usr/bin/python3 with venv and torch; makes three environments in the work folder, and the two corpora by the tests' own scripts.
Use a release build: the debug one is many times slower.
"""
import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from reach import reach  # noqa: E402

CORPUS = os.path.join(HERE, "../../Tests/WaybillPackageTests/Corpus")
# Keras is made by the tests' own list of packages, which stands in Tests/WaybillPackageTests/Pickle/PickleCorpus.swift.
KERAS = ["h5py==3.16.0", "jax==0.10.2", "jaxlib==0.10.2", "keras==3.15.1", "ml_dtypes==0.6.0", "numpy==2.4.6", "scipy==1.17.1"]
MODELS = ["joblib==1.6.0", "lightgbm==4.7.0", "numpy==2.4.6", "scikit-learn==1.9.1", "scipy==1.17.1", "xgboost-cpu==3.2.0"]
# modelscan looks into HDF5 only where h5py is.
PEERS = ["h5py==3.16.0", "picklescan==1.0.5", "modelscan==0.8.8"]


def environment(work, name, packages):
    folder = os.path.join(work, name)
    complete = os.path.join(folder, "complete")
    wanted = "\n".join(packages)
    if not os.path.exists(complete) or open(complete).read() != wanted:
        subprocess.run(["/usr/bin/python3", "-m", "venv", folder], check=True)
        subprocess.run([os.path.join(folder, "bin/pip"), "install", "--quiet", *packages], check=True)
        with open(complete, "w") as file:
            file.write(wanted)
    return os.path.join(folder, "bin")


class Waybill:
    """Waybill's answers; `peak` is the most memory in MB that one of them took since it was set to 0."""

    def __init__(self, program):
        self.program, self.peak = program, 0

    def __call__(self, folder):
        command = [self.program, "package", "scan", folder, "-o", "json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with process.stdout as out:
            output = out.read()
        _, status, usage = os.wait4(process.pid, 0)
        # Found files end it with another status than 0.
        process.returncode = os.waitstatus_to_exitcode(status)
        self.peak = max(self.peak, usage.ru_maxrss / 1024)
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


def seconds(command):
    """How long a command takes, whatever it finds."""
    start = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--waybill", required=True)
    parser.add_argument("--work", default="/tmp/waybill-bench-package")
    parser.add_argument("--torch-mb", type=int, default=2000, help="megabytes of weights in the archive of torch")
    options = parser.parse_args()
    work = options.work
    os.makedirs(work, exist_ok=True)
    models = environment(work, "models", MODELS)
    peers = os.path.join(environment(work, "peers", PEERS), "python")
    bad, good = os.path.join(work, "adversarial"), os.path.join(work, "clean")
    for folder in (bad, good):
        shutil.rmtree(folder, ignore_errors=True)
    keras = f"{environment(work, 'keras', KERAS)}/python"
    makers = (
        (bad, "/usr/bin/python3", "make_adversarial.py"), (good, f"{models}/python", "make_clean.py"),
        (good, "/usr/bin/python3", "make_torch.py"), (good, keras, "make_keras.py"))
    for folder, python, script in makers:
        subprocess.run([python, "-W", "ignore", os.path.join(CORPUS, script), folder], check=True, stderr=subprocess.DEVNULL)
    os.remove(os.path.join(good, "facts.json"))
    scanners = {
        "waybill": Waybill(options.waybill),
        "picklescan": lambda folder: peer(peers, PICKLESCAN, folder),
        "modelscan": lambda folder: peer(peers, MODELSCAN, folder),
    }
    table(scanners, bad, good)
    thousand = os.path.join(work, "thousand")
    copies(good, thousand)
    commands = {
        "waybill": [options.waybill, "package", "scan"],
        "picklescan": [os.path.join(os.path.dirname(peers), "picklescan"), "--path"],
        "modelscan": [os.path.join(os.path.dirname(peers), "modelscan"), "--path"],
    }
    scanners["waybill"].peak = 0
    isSmall = compare("1,000 tiny scikit-learn pickles", scanners, commands, thousand)
    usual, linked = os.path.join(work, "usual"), os.path.join(work, "thousand-usual")
    shutil.rmtree(usual, ignore_errors=True)
    subprocess.run([f"{models}/python", os.path.join(HERE, "usual_models.py"), usual], check=True)
    links(usual, linked)
    scanners["waybill"].peak = 0
    isSmall &= compare("1,000 scikit-learn pickles of usual size", scanners, commands, linked)
    large = os.path.join(work, "torch")
    torch_archive(large, options.torch_mb)
    scanners["waybill"].peak = 0
    isSmall &= compare(f"an archive of torch of {options.torch_mb} MB", scanners, commands, large)
    shutil.rmtree(large)
    return 0 if isSmall else 1


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


def copies(good, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    pickles = [name for name in sorted(os.listdir(good)) if name.endswith(".pkl") and name[0].isupper()]
    for number in range(1000):
        name = pickles[number % len(pickles)]
        shutil.copy(os.path.join(good, name), os.path.join(folder, f"{number:04}.{name}"))


def links(models, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    names = sorted(os.listdir(models))
    for number in range(1000):
        name = names[number % len(names)]
        os.link(os.path.join(models, name), os.path.join(folder, f"{number:04}.{name}"))


def torch_archive(folder, megabytes):
    """A tensor of bytes as torch saves one: a pickle that names its storage, and the storage, both stored."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    count = megabytes * 1_000_000
    glob = lambda module, name: f"c{module}\n{name}\n".encode()  # noqa: E731
    number = lambda value: b"\x8a\x08" + value.to_bytes(8, "little")  # noqa: E731
    text = lambda value: b"X" + len(value).to_bytes(4, "little") + value.encode()  # noqa: E731
    storage = b"(" + text("storage") + glob("torch", "ByteStorage") + text("0") + text("cpu") + number(count) + b"tQ"
    pickle = (b"\x80\x02" + glob("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + b"K\x00" + number(count) + b"\x85K\x01\x85\x89"
              + glob("collections", "OrderedDict") + b")RtR.")
    with zipfile.ZipFile(os.path.join(folder, "large.pt"), "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("large/data.pkl", pickle)
        archive.writestr("large/version", "3\n")
        with archive.open("large/data/0", "w", force_zip64=True) as weights:
            block = os.urandom(1_000_000)
            for _ in range(megabytes):
                weights.write(block)


def compare(what, scanners, commands, folder):
    """The best of three turns of each program on the whole folder, as a user starts it; whether each passes all of it is said, so
    that a refusal is not taken for speed. True when Waybill's memory stays in its bound."""
    taken = {name: [] for name in commands}
    for _ in range(3):
        for name, command in commands.items():
            taken[name].append(seconds([*command, folder]))
    files, best = len(os.listdir(folder)), {name: min(times) for name, times in taken.items()}
    for name, time_taken in best.items():
        passed = sum(scanners[name](folder).values())
        print(f"{what}: {name:12} {time_taken:8.3f} s   {time_taken / best['waybill']:6.1f} x waybill   {passed} of {files} passed")
    for name in ("picklescan", "modelscan"):
        ratio = best[name] / best["waybill"]
        reach(f"{what} against {name}", ratio, ">= 20 x", ratio >= 20)
    peak = scanners["waybill"].peak
    return reach(f"{what}, peak memory, MB", peak, "<= 100", peak <= 100)


if __name__ == "__main__":
    sys.exit(main())

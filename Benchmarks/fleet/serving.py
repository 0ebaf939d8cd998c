#!/usr/bin/env python3
"""From a push to its new revision serving, beside the model server's own start, alternating in one run.

Waybill: a real remote, the built controller and gateway, MLServer for scikit-learn with its environment built and its models on
the machine. A round pushes the other of two versions of a serving deployment, delivers the webhook, and asks the stable URL
for a prediction of the new version until it answers; the clock starts before `git push`. Until then the gateway itself says that
the version is not in rotation, so that asking takes no processor from the start that is measured. Peer: the same MLServer with
the same settings, started by hand, until its readiness answers; while it starts, controller, gateway and the serving replica are
there as for Waybill.

Usage: serving.py PROGRAMS [--rounds 7]
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from fleet import SAMPLES, Fleet  # noqa: E402
from reach import reach  # noqa: E402

KEY, RUNTIME = "production/tumour", "mlserver-sklearn"
LOOK = 0.005


def prepare(fleet):
    fleet.copy("environments.yaml", "runtimes/mlserver-sklearn.yaml", "runtimes/locks/mlserver.txt",
               "models/tumour/model.yaml")
    with open(f"{SAMPLES}/fleet/artifacts/tumour/1.0.0/model.joblib", "rb") as file:
        weights = file.read()
    for version in ("1.0.0", "2.0.0"):
        fleet.version("tumour", version, "sklearn-joblib", {"model.joblib": weights})
    fleet.deploy("tumour", "tumour", "1.0.0", RUNTIME)
    fleet.commit("1.0.0")
    fleet.push()
    fleet.start()
    print("waiting until it serves; the first run of a machine builds the Python environment, a minute or more",
          file=sys.stderr)
    fleet.eventually("it serves", lambda: fleet.serves(KEY, "tumour@1.0.0"), limit=900)


def push_until_serving(fleet, version, request):
    fleet.deploy("tumour", "tumour", version, RUNTIME)
    fleet.commit(version)
    connection = http.client.HTTPConnection("127.0.0.1", fleet.gateway_port, timeout=30)
    started = time.monotonic()
    fleet.push()
    fleet.hook()
    while True:
        connection.request("POST", f"/{KEY}/v2/models/tumour/versions/{version}/infer", request,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == 200:
            if json.loads(body)["model_version"] != version:
                raise RuntimeError(f"another version answered: {body[:200]}")
            return time.monotonic() - started
        if answer.status != 404:
            raise RuntimeError(f"a request was lost: {answer.status} {body[:200]}")
        time.sleep(LOOK)


def rest(fleet, version):
    """Until the replaced replica is gone, so that each start has the machine to itself."""
    fleet.eventually("only the new one runs", lambda: fleet.serves(KEY, f"tumour@{version}")
                     and len(fleet.processes("mlserver.cli.main")) == len(fleet.processes("waybill-shim")) == 1)
    time.sleep(1)


def served_settings(fleet):
    """The command, files and environment that Waybill started the serving replica with."""
    model = next(pid for pid in fleet.processes("mlserver.cli.main"))
    read = lambda name: open(f"/proc/{model}/{name}", "rb").read().decode().split("\0")[:-1]  # noqa: E731
    command, variables = read("cmdline"), dict(word.split("=", 1) for word in read("environ"))
    work = command[-1]
    files = {name: open(f"{work}/{name}").read() for name in ("settings.json", "model-settings.json")}
    return command, variables, files


def start_by_hand(command, variables, files, port):
    """Seconds from the program's start until its model is ready."""
    with tempfile.TemporaryDirectory(prefix="waybill-bench-") as work:
        settings = json.loads(files["settings.json"])
        for offset, name in enumerate(("http_port", "grpc_port", "metrics_port")):
            settings[name] = port + offset
        for name, text in {**files, "settings.json": json.dumps(settings)}.items():
            with open(f"{work}/{name}", "w") as file:
                file.write(text)
        environment = {**{name: value for name, value in variables.items() if not name.startswith("WAYBILL")},
                       "HOME": work, "TMPDIR": work}
        started = time.monotonic()
        server = subprocess.Popen(command[:-1] + [work], env=environment, cwd=work, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            while not is_ready(port):
                if server.poll() is not None:
                    raise RuntimeError(f"the model server ended with {server.returncode}")
                time.sleep(LOOK)
            return time.monotonic() - started
        finally:
            server.terminate()
            server.wait()


def is_ready(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v2/models/tumour/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", help="folder of the built waybill and waybill-shim")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "waybill-bench")
    os.makedirs(f"{cache}/environments", exist_ok=True)
    with open(f"{SAMPLES}/requests/tumour.json", "rb") as file:
        request = file.read()
    ours, peers = [], []
    with Fleet(arguments.programs, [f"environments: {{folder: {cache}/environments}}"]) as fleet:
        prepare(fleet)
        settings = served_settings(fleet)
        version = "1.0.0"
        for number in range(arguments.rounds):
            rest(fleet, version)
            peers.append(start_by_hand(*settings, port=fleet.ports + 35))
            version = "2.0.0" if version == "1.0.0" else "1.0.0"
            rest(fleet, "1.0.0" if version == "2.0.0" else "2.0.0")
            ours.append(push_until_serving(fleet, version, request))
            print(f"round {number + 1}: push to serving {ours[-1]:.2f} s, the server's own start {peers[-1]:.2f} s",
                  file=sys.stderr)
    own, peer = statistics.median(ours), statistics.median(peers)
    print(f"push to new revision serving: {own:.2f} s (from {min(ours):.2f} to {max(ours):.2f}); MLServer's own start: "
          f"{peer:.2f} s (from {min(peers):.2f} to {max(peers):.2f}); medians of {arguments.rounds}")
    reach("push to serving against the server's own start", own / peer, "<= 1.2 x", own / peer <= 1.2)


if __name__ == "__main__":
    main()

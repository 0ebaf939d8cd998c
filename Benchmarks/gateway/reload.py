#!/usr/bin/env python3
"""How long a replaced route table takes to be in force: from the rename to the first request that is judged by it.

Each new table names one more deployment, without a replica; asked for it, the gateway answers 404 by the older table and
503 by the newer. Medians of the rounds, with 1 to 10,000 routes of one replica each.

Usage: reload.py GATEWAY-TOOL [--rounds 9]
"""

import argparse
import http.client
import json
import os
import statistics
import subprocess
import tempfile
import time


def route(name, port=None):
    backends = [{"port": port, "replica": f"{name}-7f3a-0", "revision": "9c1f03ab77e2", "version": "1.0.0"}]
    return {"backends": backends if port else [], "deployment": name, "environment": "production", "paths": [],
            "servingProtocol": "oip-v2", "versions": ["1.0.0"]}


def publish(folder, generation, routes):
    table = {"format": 1, "generation": generation, "routes": routes}
    with open(f"{folder}/routes.new", "w") as file:
        json.dump(table, file, separators=(",", ":"))
    started = time.perf_counter()
    os.rename(f"{folder}/routes.new", f"{folder}/routes.json")
    return started


def status_of(connection, name):
    connection.request("GET", f"/production/{name}/v2/health/ready")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def measure(tool, count, rounds):
    with tempfile.TemporaryDirectory() as folder:
        routes = [route(f"deployment-{number}", 20000 + number) for number in range(count)]
        publish(folder, 1, routes)
        process = subprocess.Popen([tool, folder, "19105", "1"])
        try:
            while not os.path.exists(f"{folder}/gateway.sock"):
                time.sleep(0.02)
            connection, taken = http.client.HTTPConnection("127.0.0.1", 19105), []
            for number in range(rounds):
                name = f"probe-{number}"
                started = publish(folder, number + 2, routes + [route(name)])
                while status_of(connection, name) == 404:
                    time.sleep(0.0005)
                taken.append((time.perf_counter() - started) * 1000)
            return taken
        finally:
            process.terminate()
            process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    print(f"{'routes':>7} {'median ms':>10} {'worst ms':>10}")
    for count in [1, 100, 1_000, 10_000]:
        taken = measure(arguments.tool, count, arguments.rounds)
        print(f"{count:7} {statistics.median(taken):10.1f} {max(taken):10.1f}")


if __name__ == "__main__":
    main()

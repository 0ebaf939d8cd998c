#!/usr/bin/env python3
"""The built controller with 10,000 deployments of which none asks for a replica: what rest costs, and how soon a push is decided.

Measured, once everything has settled: processor time of controller, its git helpers and the gateway over a minute at the usual
poll interval; then the same and the growth of resident memory over an hour's worth of polls (120 of them, one a second); then,
with a poll an hour away, the time from before `git push` to `plan.decided` in the ledger, by webhook and by `sync`.

Usage: resting.py PROGRAMS [--deployments 10000] [--pushes 10]
"""

import argparse
import json
import os
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from fleet import SAMPLES, Fleet, SocketConnection, deployment  # noqa: E402
from reach import reach  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
HOUR_OF_POLLS = int(os.environ.get("WAYBILL_POLLS", 120))


def prepare(fleet, count):
    fleet.copy("environments.yaml", "runtimes/python-oip.yaml", "models/risk-score/model.yaml")
    fleet.version("risk-score", "1.0.0", "python-oip", {
        name: open(f"{SAMPLES}/fleet/artifacts/risk-score/1.0.0/{name}", "rb").read()
        for name in ("model.json", "server.py")})
    for number in range(count):
        write(fleet, number)
    fleet.commit("all at rest")
    fleet.push()


def write(fleet, number, replicas=0, drain=20):
    fleet.write(f"deployments/{number // 1000}/service-{number}.yaml", deployment(
        f"service-{number}", "risk-score", "1.0.0", "python-oip", replicas, f"  rollout:\n    drain: {drain}s\n"))


def settle(fleet, count):
    """Seconds from the start until all are ready and the machine is at rest."""
    started = time.monotonic()
    fleet.start()
    fleet.eventually("all are ready", lambda: (fleet.metric('waybill_deployments{status="ready"}') or 0) >= count, 900, 1)
    taken = time.monotonic() - started
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        before = processor_seconds(fleet.controller.pid)
        time.sleep(5)
        if processor_seconds(fleet.controller.pid) - before < 0.5:
            break
    return taken


def processor_seconds(pid):
    """Of the process and of those of its children that have ended."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 10


def rest(fleet, seconds):
    """Shares of a core that controller and gateway use in so many seconds, and by how many KiB the controller grows."""
    gateway = fleet.processes("\0gateway\0")[0]
    pids = (fleet.controller.pid, gateway)
    before, size, started = [processor_seconds(pid) for pid in pids], resident(pids[0]), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - started
    shares = [(processor_seconds(pid) - old) / passed * 100 for pid, old in zip(pids, before)]
    return shares, resident(pids[0]) - size, size


def restart(fleet, count, poll):
    fleet.stop()
    with open(f"{fleet.folder}/waybill.yaml") as file:
        lines = [line for line in file.read().splitlines() if not line.startswith("repository:")]
    fleet.write("../waybill.yaml", "\n".join(lines + [f"repository: {{url: remote.git, pollInterval: {poll}}}"]) + "\n")
    return settle(fleet, count)


class Decisions(threading.Thread):
    """Follows the controller's events and keeps when each commit's first plan was heard of."""

    def __init__(self, fleet):
        super().__init__(daemon=True)
        self.times, self.heard = {}, threading.Condition()
        self.connection = SocketConnection(f"{fleet.state}/control.sock")
        self.connection.timeout = None
        self.connection.request("GET", "/v1/events?follow=true")
        self.answer = self.connection.getresponse()
        self.start()

    def run(self):
        while line := self.answer.readline():
            if b'"plan.decided"' in line:
                with self.heard:
                    self.times.setdefault(json.loads(line)["body"]["commit"], time.monotonic())
                    self.heard.notify_all()

    def wait(self, commit):
        with self.heard:
            if not self.heard.wait_for(lambda: commit in self.times, 30):
                raise RuntimeError(f"no plan was decided for {commit}")
            return self.times[commit]


def decide(fleet, pushes, trigger, numbers):
    decisions, times = Decisions(fleet), []
    for number in numbers[:pushes]:
        write(fleet, number, drain=30)
        commit = fleet.commit("one changed")
        started = time.monotonic()
        fleet.push()
        if trigger == "webhook":
            fleet.hook()
        else:
            fleet.control("/v1/commands", {"command": "sync"})
        times.append(decisions.wait(commit) - started)
        time.sleep(0.5)
    return times


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", help="folder of the built waybill and waybill-shim")
    parser.add_argument("--deployments", type=int, default=10_000)
    parser.add_argument("--pushes", type=int, default=10)
    arguments = parser.parse_args()
    count = arguments.deployments
    with Fleet(arguments.programs, ["repository: {url: remote.git, pollInterval: 30s}", "log: {level: warning}"]) as fleet:
        prepare(fleet, count)
        print(f"{count:,} deployments from the start to rest: {settle(fleet, count):.1f} s", flush=True)
        shares, _, size = rest(fleet, 60)
        print(f"at rest for a minute: controller {shares[0]:.2f} % of a core, gateway {shares[1]:.2f} %; the controller has "
              f"{size >> 10} MB resident", flush=True)
        steady = reach(f"controller at rest, {count:,} deployments", shares[0], "<= 1 % of a core", shares[0] <= 1)

        print(f"started again on what is there: at rest after {restart(fleet, count, '1s'):.1f} s", flush=True)
        rest(fleet, 30)
        shares, growth, size = rest(fleet, HOUR_OF_POLLS)
        print(f"an hour's worth of polls in {HOUR_OF_POLLS} s: controller with its helpers {shares[0]:.2f} % of a core, "
              f"{size >> 10} MB resident, grown by {growth} KiB", flush=True)
        # A page here and there is the allocator's; a leak of 100 bytes a deployment and poll would be 120 MB.
        flat = reach("growth over an hour's worth of polls", growth, "<= 1024 KiB", growth <= 1024)

        restart(fleet, count, "1h")
        soon = True
        for trigger, numbers in (("webhook", range(0, count, 97)), ("sync", range(1, count, 97))):
            times = decide(fleet, arguments.pushes, trigger, list(numbers))
            print(f"push to plan decided by {trigger}: median {statistics.median(times) * 1000:.0f} ms, worst of "
                  f"{len(times)} {max(times) * 1000:.0f} ms", flush=True)
            soon &= reach(f"push to plan decided by {trigger}", max(times) * 1000, "<= 1000 ms", max(times) <= 1)
    sys.exit(0 if steady and flat and soon else 1)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The controller killed again and again under load: what became of each request and of each event.

At random instants (by seed) SIGKILL hits the built controller, also while it starts, while callers ask without pause, pushes
replace the deployment that they ask, and an operator pauses, resumes and restarts another one. Counted: requests that were
begun and not answered with 200; events that a reader of the ledger had seen before a kill and that are not there, byte for byte
and at the same index, after the restart; and commands that were answered and are not in the ledger.

Usage: kills.py PROGRAMS [--seed N]      WAYBILL_KILLS says how often (200).
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from fleet import SAMPLES, Fleet  # noqa: E402
from load import Load  # noqa: E402
from reach import reach  # noqa: E402

ASKED, OTHER = "production/risk-score", "production/other"


class Pastime:
    """Something that goes on in a thread of its own while controllers come and go."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.problem = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)

    def _run(self):
        try:
            while not self._stop.is_set():
                self.turn()
        except Exception as problem:  # Shown at the end: a pastime that ended would make the run an easy one.
            self.problem = problem


class Pushes(Pastime):
    """Moves the deployment that is asked to the other version, about once a second."""

    def __init__(self, fleet, seed):
        super().__init__(seed)
        self.fleet, self.version, self.count = fleet, "1.0.0", 0

    def turn(self):
        self.version = "2.0.0" if self.version == "1.0.0" else "1.0.0"
        self.fleet.deploy("risk-score", "risk-score", self.version, "python-oip")
        self.fleet.commit(f"to {self.version}")
        self.fleet.push()
        self.count += 1
        # Nobody may be there to hear it: the next start looks by itself.
        with contextlib.suppress(OSError, http.client.HTTPException):
            self.fleet.hook()
        time.sleep(self.chance.uniform(0.5, 2))


class Operator(Pastime):
    """Pauses, resumes and restarts, and keeps what was answered: it was durable before the answer."""

    def __init__(self, fleet, seed):
        super().__init__(seed)
        self.fleet, self.number, self.answered = fleet, 0, []

    def turn(self):
        self.number += 1
        reason = f"word {self.number}"
        for command in ({"command": "pause", "deployment": OTHER, "reason": reason},
                        {"command": self.chance.choice(["resume", "resume", "restart"]), "deployment": OTHER}):
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                answer = self.fleet.control("/v1/commands", command)
                # "… is paused already" leaves nothing behind.
                if answer["message"].startswith("paused:"):
                    self.answered.append(reason)
            time.sleep(self.chance.uniform(0.02, 0.2))


class Witness(Pastime):
    """Reads the ledger all the time and remembers what it saw."""

    def __init__(self, fleet, seed):
        super().__init__(seed)
        self.fleet, self.seen, self.lost, self.lock = fleet, {}, [], threading.Lock()

    def turn(self):
        self.look()
        time.sleep(self.chance.uniform(0.05, 0.3))

    def look(self, back=50):
        """Reads what is new, and again the last `back` that it knew; what is not as it was is lost."""
        with self.lock:
            first = max(0, len(self.seen) - back)
            now = self.fleet.audit_log(first)
            for index in range(first, len(self.seen)):
                if now.get(index) != self.seen[index]:
                    self.lost.append(index)
            self.seen.update(now)


def prepare(fleet):
    fleet.copy("environments.yaml", "runtimes/python-oip.yaml", "models/risk-score/model.yaml")
    files = {name: open(f"{SAMPLES}/fleet/artifacts/risk-score/1.0.0/{name}", "rb").read()
             for name in ("model.json", "server.py")}
    for version in ("1.0.0", "2.0.0"):
        fleet.version("risk-score", version, "python-oip", files)
    for name in ("risk-score", "other"):
        fleet.deploy(name, "risk-score", "1.0.0", "python-oip")
    fleet.commit("first")
    fleet.push()
    fleet.start()
    for key in (ASKED, OTHER):
        fleet.eventually(f"{key} serves", lambda: fleet.serves(key, "risk-score@1.0.0"))


def kill_again_and_again(fleet, kills, chance, witness):
    for number in range(kills):
        # Two of three once it answers, in the middle of its work or at the end of it; the others anywhere in its start.
        if chance.random() < 0.67:
            fleet.eventually("it answers", lambda: fleet.control("/v1/version"), pause=0.02)
        time.sleep(chance.uniform(0, 1.5))
        fleet.kill()
        witness.look()
        fleet.start()
        if (number + 1) % 20 == 0:
            print(f"{number + 1} kills, {len(witness.seen)} events", file=sys.stderr)


def settle(fleet, pushes):
    fleet.eventually("it answers", lambda: fleet.control("/v1/version"))
    with contextlib.suppress(OSError):
        fleet.control("/v1/commands", {"command": "resume", "deployment": OTHER})
    fleet.control("/v1/commands", {"command": "sync"})
    for key, version in ((ASKED, pushes.version), (OTHER, "1.0.0")):
        fleet.eventually(f"{key} serves {version}", lambda: fleet.serves(key, f"risk-score@{version}"))
    fleet.eventually("nothing else runs", lambda: len(fleet.processes("waybill-shim")) == 2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", help="folder of the built waybill and waybill-shim")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    kills, seed = int(os.environ.get("WAYBILL_KILLS", "200")), arguments.seed
    anchor = ["ledger: {anchors: ['file:FOLDER/anchor'], anchorInterval: 1s}"]
    with Fleet(arguments.programs, anchor) as fleet:
        prepare(fleet)
        request = open(f"{SAMPLES}/requests/risk-score.json", "rb").read()
        path = f"/{ASKED}/v2/models/risk-score/infer"
        witness, pushes, operator = Witness(fleet, seed), Pushes(fleet, seed + 1), Operator(fleet, seed + 2)
        with Load(fleet.gateway_port, path, request) as load:
            with witness, pushes, operator:
                kill_again_and_again(fleet, kills, random.Random(seed), witness)
            settle(fleet, pushes)
        sound = report(fleet, kills, load, witness, pushes, operator)
    sys.exit(0 if sound else 1)


def conclusion(verified):
    lines = (verified.stdout + verified.stderr).splitlines()
    return next((line.strip() for line in lines if "consistent" in line or "error" in line), "nothing was said")


def report(fleet, kills, load, witness, pushes, operator):
    if fleet.stop() != 0:
        raise RuntimeError("the controller did not end well")
    witness.look(back=len(witness.seen))
    events = [json.loads(line) for line in witness.seen.values()]
    words = {event["body"].get("reason") for event in events if event["type"] == "operator.command"}
    unsaid = [reason for reason in operator.answered if reason not in words]
    starts = sum(event["type"] == "controller.started" for event in events)
    switches = sum(event["type"] == "routes.changed" and event["phase"] == "outcome" for event in events)
    verified = fleet.audit_verify("--since", f"{fleet.folder}/anchor")
    for pastime in (witness, pushes, operator):
        if pastime.problem:
            raise RuntimeError(f"{type(pastime).__name__} ended early") from pastime.problem
    print(f"{kills} kills, {starts} starts that came as far as the ledger, {pushes.count} pushes, {switches} changes of routes, "
          f"{len(operator.answered)} commands answered")
    print(f"{load.begun} requests: {load.answers} by version, lost: {load.lost or 'none'}")
    print(f"{len(events)} events seen; {conclusion(verified)}")
    return all([
        reach(f"requests lost in {kills} kills", load.losses, "0", load.losses == 0),
        reach(f"events lost in {kills} kills", len(witness.lost) + len(unsaid), "0", not witness.lost and not unsaid),
        reach("the ledger verifies against its anchor", verified.returncode, "exit code 0", verified.returncode == 0)])


if __name__ == "__main__":
    main()

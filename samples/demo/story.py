"""How the demo runs commands, shows them, and checks what came back."""
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request


class Failed(Exception):
    """A step of the demo did not hold."""


class Story:
    """One run of the demo: its folders, its processes, its words."""

    def __init__(self, project, folder, environments=None, training=None):
        self.project, self.folder, self.environments = project, folder, environments
        self.given_training = training and pathlib.Path(training)
        self.training = self.given_training or folder / "training"
        self.remote = folder / "remote.git"
        self.fleet = folder / "fleet"
        self.state = folder / "state"
        self.marker = folder / ".waybill-demo"
        self.bin = pathlib.Path(os.environ.get("DEMO_BIN", project / ".build" / "debug"))
        self.waybill_path = self.bin / "waybill"
        self.config = folder / "waybill.yaml"
        self.controller = None
        self.number = 0
        self.colour = os.isatty(1) and "NO_COLOR" not in os.environ

    # Words

    def chapter(self, title, text):
        self.number += 1
        print(f"\n{self._paint('1;36', f'{self.number}. {title}')}\n{text}", flush=True)

    def say(self, text):
        print(f"   {text}", flush=True)

    def fail(self, text):
        print(f"\n{self._paint('1;31', 'The demo stopped: a step did not hold.')}\n{text}", flush=True)
        log = self.folder / "controller.log"
        if log.exists():
            lines = log.read_text(errors="replace").splitlines()[-15:]
            print(f"\nLast lines of {log}:\n  " + "\n  ".join(lines), flush=True)

    def _paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colour else text

    # Commands

    def run(self, *command, show=True, lines=12, expect=0, cwd=None, shown=None, note=None, count=None):
        """Runs a command as a user would type it, shows it and what came back, and checks its exit code.

        With `count`, lines of its output that begin so are counted while it runs, instead of showing it afterwards."""
        text = shown or " ".join(shlex.quote(str(part)) for part in command)
        if show:
            print(f"   {self._paint('32', '$ ' + text)}", flush=True)
        process = subprocess.Popen([str(part) for part in command], cwd=cwd or self.fleet, text=True, errors="replace",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment())
        with process:
            output = "".join(process.stdout) if count is None else self._counted(process.stdout, count)
        done = subprocess.CompletedProcess(command, process.returncode, output)
        if show and count is None:
            out = done.stdout.rstrip().splitlines()
            for line in out[:lines]:
                print(f"     {line}")
            if len(out) > lines:
                print(f"     … {len(out) - lines} more lines")
        if expect is not None and done.returncode != expect:
            raise Failed(f"'{text}' ended with {done.returncode}, not {expect}{': ' + note if note else ''}\n{done.stdout[-2000:]}")
        return done.stdout

    def _counted(self, stream, beginning):
        """What `stream` says; tells of every tenth line that begins with `beginning`, or of each one on a terminal."""
        lines, count, is_terminal = [], 0, sys.stdout.isatty()
        for line in stream:
            lines.append(line)
            if not line.startswith(beginning):
                continue
            count += 1
            words = f"     {count} × {line.strip()}"[:100]
            if is_terminal:
                print(f"\r\x1b[K{words}", end="", flush=True)
            elif count % 10 == 1:
                print(words, flush=True)
        print("\r\x1b[K" if is_terminal else "", end="", flush=True)
        return "".join(lines)

    def waybill(self, *words, **options):
        return self.run(self.waybill_path, *words, shown="waybill " + " ".join(shlex.quote(str(w)) for w in words), **options)

    def environment(self):
        return {**os.environ, "WAYBILL_CONFIG": str(self.config), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
                "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
                "GIT_COMMITTER_EMAIL": "ada@example.org"}

    def push(self, message):
        self.run("git", "add", "-A", show=False)
        self.run("git", "commit", "-q", "-m", message, shown=f"git commit -am {shlex.quote(message)}")
        self.run("git", "push", "-q", "origin", "main", shown="git push")

    # State of the fleet

    def deployment(self, key):
        out = self.waybill("get", "deployments", "-o", "json", show=False, expect=None)
        try:
            found = json.loads(out)
        except ValueError:
            return None
        items = found["items"] if isinstance(found, dict) else found
        return next((item for item in items if item["deployment"] == key), None)

    def condition(self, key, kind):
        view = self.deployment(key)
        return next((c for c in view["conditions"] if c["type"] == kind), None) if view else None

    def wait(self, what, check, limit=120):
        """Waits until `check` gives something; shows a dot a second so that nobody thinks it hangs."""
        started = time.monotonic()
        print(f"   waiting until {what} ", end="", flush=True)
        shown = 0
        while time.monotonic() - started < limit:
            found = check()
            if found:
                print(f" yes, after {time.monotonic() - started:.1f} s", flush=True)
                return found
            if self.controller and self.controller.poll() is not None:
                print(flush=True)
                raise Failed(f"{what}: the controller ended with {self.controller.returncode}")
            if time.monotonic() - started > shown + 1:
                shown += 1
                print(".", end="", flush=True)
            time.sleep(0.1)
        print(flush=True)
        raise Failed(f"{what}: not within {limit} s")

    def is_serving(self, key, version):
        view = self.deployment(key)
        ready = view and any(c["type"] == "Ready" and c["status"] for c in view["conditions"])
        return view if ready and view["serving"] == [version] else None

    # Processes

    def start_controller(self):
        log = open(self.folder / "controller.log", "ab")
        print(f"   {self._paint('32', '$ waybill run')}", flush=True)
        self.controller = subprocess.Popen([str(self.waybill_path), "run"], cwd=self.folder, env=self.environment(),
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def kill_controller(self):
        self.controller.send_signal(signal.SIGKILL)
        self.controller.wait()

    def stop_everything(self):
        """Ends the controller, then whatever still runs from the scratch folder: gateway, keepers, models."""
        if self.controller and self.controller.poll() is None:
            self.controller.terminate()
            try:
                self.controller.wait(20)
            except subprocess.TimeoutExpired:
                self.controller.kill()
        stop_processes_of(self.folder)

    def farewell(self):
        base = self.gateway_url()
        print(f"""
{self._paint('1;36', 'It held, step by step, and it is still running.')}
   Gateway     {base}/production/tumour/v2/models/tumour/infer
   Metrics     {self.metrics_url()}/metrics
   Fleet       {self.fleet}   (edit, commit, push: it follows)
   State       {self.state}
   Use         export PATH={self.bin}:$PATH WAYBILL_CONFIG={self.config}

   Next things to try
     waybill get deployments --watch
     waybill describe production/tumour
     waybill call production/tumour --data {self.project}/samples/requests/tumour.json
     waybill logs production/tumour
     waybill audit log
     kill -9 any of its processes, and look again
   Stop all    python3 {self.project}/samples/demo/stop.py {self.folder}""", flush=True)

    def gateway_url(self):
        return f"http://127.0.0.1:{self.gateway_port}"

    def metrics_url(self):
        return f"http://127.0.0.1:{self.metrics_port}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop_processes_of(folder, patience=20):
    """Ends each process whose command line or work folder names the scratch folder: politely, then for good."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + patience
        while processes := processes_of(folder):
            for pid in processes:
                try:
                    os.kill(pid, sign)
                except ProcessLookupError:
                    pass
            time.sleep(0.3)
            if time.monotonic() > deadline:
                break


def processes_of(folder):
    found, mark = [], str(folder) + "/"
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            work = os.readlink(entry / "cwd") + "/"
        except OSError:
            continue
        program = words[0] if words else ""
        ours = "waybill" in program or work.startswith(str(folder) + "/state/") or program.startswith(mark)
        if ours and (mark in "\0".join(words) + "\0" or work.startswith(mark)):
            found.append(int(entry.name))
    return found


class Load:
    """A steady caller that counts every answer."""

    def __init__(self, url, body):
        self.url, self.body = url, body
        self.answers, self.failed, self.lost, self.problems = {}, {}, 0, []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, daemon=True) for _ in range(4)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _call(self):
        while not self._stop.is_set():
            try:
                request = urllib.request.Request(self.url, self.body, {"Content-Type": "application/json"})
                with urllib.request.urlopen(request, timeout=20) as answer:
                    version = json.loads(answer.read()).get("model_version") or "?"
                    self.answers[version] = self.answers.get(version, 0) + 1
            except urllib.error.HTTPError as answer:
                # An error that a version answered itself is its own; one without a version is the gateway's.
                version = answer.headers["x-waybill-version"]
                self.failed[version] = self.failed.get(version, 0) + 1
                self.lost += 1
                self.problems.append(f"{answer.code} by {version or 'the gateway'}: {answer.read()[:200]}")
            except (urllib.error.URLError, OSError, ValueError) as problem:
                self.lost += 1
                self.problems.append(str(problem))
            time.sleep(0.005)

    def summary(self):
        total = sum(self.answers.values())
        parts = ", ".join(f"{count} by {version}" for version, count in sorted(self.answers.items()))
        failed = "".join(f", {count} errors by {version}" for version, count in sorted(self.failed.items()) if version)
        return f"{total} answers ({parts}){failed}, {self.lost - sum(self.failed.values())} lost"

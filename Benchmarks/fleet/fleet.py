"""A fleet on Waybill's real programs, for the benchmarks: a bare remote, a clone to push from, a state folder, one controller
at a time."""

import contextlib
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLES = os.path.join(ROOT, "samples")
SECRET = "s3cret"


class Fleet:
    """Use as a context: every process of the fleet has ended and its folder is gone afterwards, however the body ends.

    `settings` are lines of waybill.yaml; FOLDER in them is the fleet's own."""

    def __init__(self, programs, settings=()):
        self.waybill = os.path.join(os.path.abspath(programs), "waybill")
        self.folder = tempfile.mkdtemp(prefix="waybill-bench-")
        # Replicas are other users and must get at their files.
        os.chmod(self.folder, 0o755)
        self.clone, self.remote, self.state = (f"{self.folder}/{name}" for name in ("clone", "remote.git", "state"))
        self.controller = None
        self.settings = [line.replace("FOLDER", self.folder) for line in settings]
        self.ports = free_block()
        self.gateway_port, self.metrics_port = self.ports, self.ports + 1

    def __enter__(self):
        # Whoever ends the benchmark leaves nothing running.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        try:
            self._prepare()
        except BaseException:
            self.finish()
            raise
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.show_log()
        self.finish()

    def _prepare(self):
        self.write("../hook-secret", SECRET + "\n")
        settings = [
            "state: state", f"ports: {self.ports + 2}-{self.ports + 39}",
            f"isolation: {{users: {self.ports * 100}-{self.ports * 100 + 99}}}",
            f"gateway: {{address: '127.0.0.1:{self.gateway_port}'}}",
            f"metrics: {{address: '127.0.0.1:{self.metrics_port}'}}", "webhook: {secretFile: hook-secret}",
        ]
        if not any(line.startswith("repository:") for line in self.settings):
            settings.append("repository: {url: remote.git, pollInterval: 1h}")
        self.write("../waybill.yaml", "\n".join(settings + self.settings) + "\n")
        self.git("init", "-q", "-b", "main", "--bare", self.remote)
        self.git("init", "-q", "-b", "main", ".")
        self.git("remote", "add", "origin", self.remote)

    # Its repository

    def write(self, path, text):
        place = os.path.join(self.clone, path)
        os.makedirs(self.clone, exist_ok=True)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def copy(self, *paths):
        """Takes files over from the sample fleet."""
        for path in paths:
            with open(f"{SAMPLES}/fleet/{path}", "rb") as file:
                self.write(path, file.read())

    def version(self, model, version, form, files):
        """Writes a model version with its files; their content by name."""
        artifacts = ""
        for name, content in files.items():
            source = f"artifacts/{model}/{version}/{name}"
            self.write(source, content)
            artifacts += (f"    - path: {name}\n      source: {source}\n      size: {len(content)}\n"
                          f"      digest: sha256:{hashlib.sha256(content).hexdigest()}\n")
        self.write(f"models/{model}/{version}.yaml", manifest(
            "ModelVersion", None, f"model: {model}\n  version: {version}\n  format: {form}\n  artifacts:\n{artifacts}"))

    def deploy(self, name, model, version, runtime, replicas=1, more=""):
        self.write(f"deployments/{name}.yaml", deployment(name, model, version, runtime, replicas, more))

    def git(self, *words):
        environment = {
            "PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org"}
        return subprocess.check_output(["git", *words], cwd=self.clone, env=environment, text=True).strip()

    def commit(self, message="change"):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def push(self):
        self.git("push", "-q", "--force", "origin", "HEAD:main")

    # Its controller

    def start(self):
        with open(f"{self.folder}/controller.log", "ab") as log:
            self.controller = subprocess.Popen(
                [self.waybill, "run"], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"HOME": self.folder, "PATH": "/usr/bin:/bin"}, start_new_session=True)

    def kill(self):
        self.controller.kill()
        self.controller.wait()

    def stop(self):
        """Asks it to end; its exit code."""
        self.controller.terminate()
        return self.controller.wait(60)

    def hook(self):
        """Delivers a push as GitLab does."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.metrics_port}/hooks/git", b'{"ref":"refs/heads/main"}',
            {"X-Gitlab-Token": SECRET, "X-Gitlab-Event": "Push Hook", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            answer.read()

    def control(self, path, command=None):
        """Asks over the control socket, or gives it a command."""
        connection = SocketConnection(f"{self.state}/control.sock")
        try:
            connection.request("POST" if command else "GET", path, json.dumps(command) if command else None,
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise OSError(f"{path}: {answer.status} {body[:300]}")
            return json.loads(body)
        finally:
            connection.close()

    def audit_log(self, first, limit=1_000_000):
        """The ledger's entries from `first` on, each as its line, by index."""
        lines = subprocess.check_output(
            [self.waybill, "audit", "log", "-o", "json", "--from", str(first), "--limit", str(limit)], cwd=self.folder,
            text=True, env={"HOME": self.folder, "PATH": "/usr/bin:/bin"})
        return {json.loads(line)["index"]: line for line in lines.splitlines()}

    def audit_verify(self, *words):
        return subprocess.run([self.waybill, "audit", "verify", *words], cwd=self.folder, text=True, capture_output=True,
                              env={"HOME": self.folder, "PATH": "/usr/bin:/bin"})

    def view(self, key):
        return next((item for item in self.control("/v1/deployments")["items"] if item["deployment"] == key), None)

    def serves(self, key, version):
        """Whether `key` is ready with just `version`, and no other replica runs."""
        view = self.view(key)
        return bool(view) and view["serving"] == [version] and any(
            condition["type"] == "Ready" and condition["status"] for condition in view["conditions"]
        ) and view["replicas"]["running"] == view["replicas"]["desired"]

    def metric(self, name):
        """One line of the metrics page: its value."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(name + " "):
                    return float(line.split()[-1])
        return None

    def eventually(self, what, check, limit=120, pause=0.05):
        """Asks again and again until `check` gives something; a controller that does not answer yet gives nothing."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, http.client.HTTPException):
                found = check()
                if found:
                    return found
            if self.controller and self.controller.poll() is not None:
                raise RuntimeError(f"{what}: the controller ended with {self.controller.returncode}")
            time.sleep(pause)
        raise RuntimeError(f"never came true: {what}")

    # Its end

    def show_log(self):
        with contextlib.suppress(OSError), open(f"{self.folder}/controller.log", errors="replace") as log:
            print("".join(log.readlines()[-30:]))

    def finish(self):
        for _ in range(250):
            processes = self.processes()
            if not processes:
                break
            for pid in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        if self.controller:
            self.controller.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self, part=None):
        """Those whose command or work folder is in the fleet's folder; only those that name `part`, if it is given."""
        found, mark = [], self.folder + "/"
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    command = file.read().decode(errors="replace")
                with open(f"/proc/{entry}/stat") as file:
                    is_gone = file.read().rsplit(")", 1)[1].split()[0] in "ZX"
                is_ours = mark in command + "/" or (os.readlink(f"/proc/{entry}/cwd") + "/").startswith(mark)
                if is_ours and not is_gone and int(entry) != os.getpid() and (part is None or part in command):
                    found.append(int(entry))
        return found


def manifest(kind, name, spec):
    metadata = f"metadata:\n  name: {name}\n" if name else ""
    return f"apiVersion: waybill.dev/v1alpha1\nkind: {kind}\n{metadata}spec:\n  {spec}"


def deployment(name, model, version, runtime, replicas=1, more=""):
    return manifest("ModelDeployment", name, f"environment: production\n  model: {model}\n  version: {version}\n"
                    f"  runtime: {runtime}\n  replicas: {replicas}\n{more}")


def free_block():
    """The first of forty ports below those that the kernel hands out, of which the first two are free."""
    while True:
        first = 21_000 + 40 * random.randrange(270)
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", first))
            two.bind(("127.0.0.1", first + 1))
            return first


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

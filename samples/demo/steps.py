"""The steps of the demo's story, in order. Each does one thing as a user would, and checks that it held."""
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys

from canary import canary, explain
from story import Failed, Load, free_port, stop_processes_of

STAGING, PRODUCTION, SMALL = "staging/tumour", "production/tumour", "production/risk-score"
LOCK = "runtimes/locks/mlserver.txt"


def prepare(story):
    story.chapter("A place to work", f"Everything of this demo is in {story.folder}. What an earlier run left there is stopped and removed;\n"
                  "Python environments that it built are kept, since they take a minute each.")
    if story.folder.exists() and not story.marker.exists():
        raise Failed(f"{story.folder} exists and was not made by this demo; remove it or name another with --folder")
    stop_processes_of(story.folder)
    for name in ("remote.git", "fleet", "state", "controller.log", "waybill.yaml", "copy", "anchor", "elsewhere", "keys"):
        path = story.folder / name
        if name == "state" and (path / "environments").exists():
            for inner in path.iterdir():
                if inner.name != "environments":
                    shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
            continue
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
    story.folder.mkdir(parents=True, exist_ok=True)
    story.folder.chmod(0o755)
    story.marker.touch()
    story.gateway_port, story.metrics_port = free_port(), free_port()
    story.run("git", "init", "-q", "--bare", "-b", "main", story.remote, cwd=story.folder)
    shutil.copytree(story.project / "samples" / "fleet", story.fleet)
    story.run("git", "init", "-q", "-b", "main")
    story.run("git", "remote", "add", "origin", story.remote)
    story.config.write_text(f"""\
state: {story.state}
{f"environments: {{folder: {story.environments}}}" if story.environments else "# environments: in the state folder"}
repository:
  url: {story.remote}
  branch: main
  pollInterval: 1s
gateway:
  address: 127.0.0.1:{story.gateway_port}
metrics:
  address: 127.0.0.1:{story.metrics_port}
ledger:
  anchors:
    - file:{story.folder}/anchor
  anchorInterval: 1s
""")
    story.say(f"waybill.yaml names the remote, the state folder, two ports, and a file outside that keeps the ledger's checkpoints.")


def train(story):
    story.chapter("Two real models", "Two versions of a tumour classifier are trained with scikit-learn on the data set that it ships: a logistic\n"
                  "regression and boosted trees. The training writes each file's digest and size into a ModelVersion manifest.")
    venv = story.training
    python = venv / "bin" / "python"
    if not story.given_training and not (venv / "complete").exists():
        story.say("Making a Python environment for the training (once, about a minute) …")
        story.run("/usr/bin/python3", "-m", "venv", "--clear", venv, show=False, cwd=story.folder)
        story.run(python, "-m", "pip", "install", "--progress-bar", "off", "--disable-pip-version-check", "--no-deps", "-r",
                  story.project / "samples" / "fleet" / LOCK, shown="pip install --no-deps -r runtimes/locks/mlserver.txt", cwd=story.folder,
                  count="Collecting ")
        (venv / "complete").touch()
    story.run(python, story.project / "samples" / "train.py", story.fleet, "--version", "1.0.0", shown="python train.py fleet --version 1.0.0")
    story.run("cat", "models/tumour/1.0.0.yaml", lines=12)
    story.waybill("lint", note="the sample fleet has problems")


def first_push(story):
    story.chapter("A push, and the model serves", "The fleet goes to the remote, the controller starts, and what git describes becomes what runs: the model file is\n"
                  "verified, a Python environment is built from the lock (once, about a minute), MLServer is started under its keeper,\n"
                  "probed, and put behind one stable URL.")
    story.push("The fleet: tumour 1.0.0 and a risk score")
    story.start_controller()
    story.wait("the small model serves", lambda: story.is_serving(SMALL, "risk-score@1.0.0"), limit=300)
    story.waybill("get", "deployments")
    for key in (STAGING, PRODUCTION):
        story.wait(f"{key} serves version 1.0.0", lambda: story.is_serving(key, "tumour@1.0.0"), limit=600)
    story.waybill("get", "deployments")
    answer = story.waybill("call", PRODUCTION, "--data", story.project / "samples" / "requests" / "tumour.json")
    expect_version(answer, "1.0.0")
    story.waybill("describe", PRODUCTION, lines=16)


def package(story):
    story.chapter("What serves is a bundle", "Before anything was started, each file was looked into without running it, and the version was packaged: one OCI\n"
                  "artifact, named by what is in it. Anybody who packages the same files gets the same digest.")
    story.waybill("package", "scan", "artifacts")
    story.waybill("package", "inspect", "tumour@1.0.0", lines=20)
    there = json.loads(story.waybill("package", "inspect", "tumour@1.0.0", "-o", "json", show=False))["digest"]
    elsewhere = story.folder / "elsewhere"
    here = json.loads(story.waybill("package", "build", "tumour@1.0.0", "--store", elsewhere, "-o", "json", show=False))["digest"]
    story.say(f"The controller's bundle:     {there}")
    story.say(f"Built again in another place: {here}")
    if here != there:
        raise Failed("the same files gave two bundles")
    story.waybill("package", "verify", "--all")
    shutil.rmtree(elsewhere)


ACCESS = """\
apiVersion: waybill.dev/v1alpha1
kind: Access
spec:
  people:
    - name: ada
      keys:
        - key: {key}
  roles:
    - role: signer
      models: [tumour]
      people: [ada]
"""


def sign(story):
    story.chapter("Somebody answers for it", "Ada makes an SSH key and signs the bundle; so does somebody else. Who may sign which model stands in\n"
                  ".waybill/access.yaml of the fleet repository, and nowhere in the bundle.")
    keys = story.folder / "keys"
    keys.mkdir()
    for name in ("ada", "eve"):
        story.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example.org", "-f", keys / name, cwd=story.folder,
                  shown=f"ssh-keygen -t ed25519 -f {name}")
    access = story.fleet / ".waybill" / "access.yaml"
    access.parent.mkdir()
    access.write_text(ACCESS.format(key=(keys / "ada.pub").read_text().strip()))
    story.run("cat", ".waybill/access.yaml", lines=12)
    story.waybill("lint")
    story.push("Ada signs tumour")
    story.waybill("sync")
    signed = ("package", "verify", "tumour@1.0.0", "--signed")
    expect_words(story.waybill(*signed, expect=1), "tumour@1.0.0 is not signed")
    story.waybill("package", "sign", "tumour@1.0.0", "--key", keys / "eve")
    expect_words(story.waybill(*signed, expect=1), "is refused: nobody in .waybill/access.yaml has this key")
    story.say("Anybody can sign, and it counts for nothing. Now Ada:")
    story.waybill("package", "sign", "tumour@1.0.0", "--key", keys / "ada")
    expect_words(story.waybill(*signed), "SSH signature of ada by ")
    expect_words(story.waybill("package", "inspect", "tumour@1.0.0", lines=40), "SSH signature of ada by ")
    check_signature_elsewhere(story, keys)
    story.wait("the ledger has seen it", lambda: "signature.verified" in story.waybill("audit", "log", show=False, expect=None), limit=60)
    story.say("Ada loses her laptop, and her key is revoked from this moment on. What was seen before holds:")
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=1)
    access.write_text(access.read_text().replace("  roles:", f"          revoked: {moment:%Y-%m-%dT%H:%M:%SZ}\n  roles:"))
    story.waybill("lint")
    story.push("The key of Ada is revoked")
    story.waybill("sync")
    expect_words(story.waybill(*signed), "SSH signature of ada by ")


def check_signature_elsewhere(story, keys):
    """OpenSSH itself verifies the signature of ada, without Waybill."""
    found = json.loads(story.waybill("package", "inspect", "tumour@1.0.0", "-o", "json", show=False))
    blobs = story.state / "content" / "layout" / "blobs" / "sha256"
    place = {name: blobs / digest.removeprefix("sha256:") for name, digest in
             [("bundle", found["digest"])] + [(one.get("person", "nobody"), one["signature"]) for one in found["signatures"]]}
    (keys / "allowed_signers").write_text(f"ada {(keys / 'ada.pub').read_text()}")
    verify = f"ssh-keygen -Y verify -n waybill.dev/model -f {keys}/allowed_signers -I ada -s {place['ada']} < {place['bundle']}"
    story.run("sh", "-c", verify, shown="ssh-keygen -Y verify -n waybill.dev/model -f allowed_signers -I ada -s SIGNATURE < BUNDLE")
    story.run("sh", "-c", verify.replace(str(place["ada"]), str(place["nobody"])), expect=255, show=False)


def refuse_dangerous(story):
    story.chapter("A model that would run a program is not started", "Version 3.0.0 is a pickle that calls os.system when it is loaded. Its digest is right, so it is fetched; then it is\n"
                  "looked into, and the deployment stalls with the sentence. What serves goes on.")
    folder = story.fleet / "artifacts" / "tumour" / "3.0.0"
    folder.mkdir(parents=True)
    model = folder / "model.joblib"
    model.write_bytes(b"\x80\x04cposix\nsystem\n\x8c\x04true\x85R.")
    manifest = (story.fleet / "models" / "tumour" / "1.0.0.yaml").read_text().replace("1.0.0", "3.0.0")
    manifest = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + hashlib.sha256(model.read_bytes()).hexdigest(), manifest)
    manifest = re.sub(r"size: \d+", f"size: {model.stat().st_size}", manifest)
    (story.fleet / "models" / "tumour" / "3.0.0.yaml").write_text(manifest)
    story.waybill("package", "scan", "artifacts/tumour/3.0.0", expect=1)
    edit(story, "deployments/staging-tumour.yaml", "version: 2.0.0", "version: 3.0.0")
    story.push("A model from somewhere")
    story.waybill("sync")
    stalled = story.wait("staging stalls", lambda: story.condition(STAGING, "Stalled"), limit=60)
    if stalled["reason"] != "DangerousFile" or "system" not in stalled["message"]:
        raise Failed(f"it stalled for another reason: {stalled}")
    story.say(stalled["message"])
    if story.deployment(STAGING)["serving"] != ["tumour@2.0.0"]:
        raise Failed("what served before does not serve any more")
    story.waybill("get", "deployments")
    edit(story, "deployments/staging-tumour.yaml", "version: 3.0.0", "version: 2.0.0")
    story.push("Back to what was trained here")
    story.waybill("sync")
    story.wait("staging is as it was", lambda: story.is_serving(STAGING, "tumour@2.0.0"), limit=60)


PEOPLE = """\
    - name: carol
      keys:
        - key: {carol}
    - name: bob
      keys:
        - key: {bob}
  roles:
    - role: approver
      as: risk
      models: [tumour]
      people: [bob]
"""


def name_approvers(story):
    story.chapter("Whose word production needs", "Production asks for one person of risk from now on, and Bob is that. Both stand in git: the Environment says whose word a\n"
                  "change needs, the access file who they are, each by an SSH key of their own.")
    keys = story.folder / "keys"
    for name in ("carol", "bob"):
        story.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@example.org", "-f", keys / name, cwd=story.folder,
                  shown=f"ssh-keygen -t ed25519 -f {name}")
    access = story.fleet / ".waybill" / "access.yaml"
    people = PEOPLE.format(**{name: (keys / f"{name}.pub").read_text().strip() for name in ("carol", "bob")})
    access.write_text(access.read_text().replace("  roles:\n", people, 1))
    edit(story, "environments.yaml", "What customers see.", "What customers see.\n  approvals:\n    required: [{role: risk}]")
    story.waybill("lint")
    story.push("Production asks for a word of risk")
    story.waybill("sync")


def promote_under_load(story):
    story.chapter("A promotion, approved, replaces it without losing a request", "Version 2.0.0 is trained and goes to staging first. Then Carol promotes it: one commit that changes one line, on a branch\n"
                  "of its own, and her signed word that it is hers. The plan is what a reviewer sees.")
    story.run(story.training / "bin" / "python", story.project / "samples" / "train.py", story.fleet, "--version", "2.0.0",
              shown="python train.py fleet --version 2.0.0")
    edit(story, "deployments/staging-tumour.yaml", "version: 1.0.0", "version: 2.0.0")
    story.push("Staging to tumour 2.0.0")
    story.waybill("sync")
    story.wait("staging serves version 2.0.0", lambda: story.is_serving(STAGING, "tumour@2.0.0"), limit=120)
    before = story.run("git", "rev-parse", "HEAD", show=False).strip()
    branch = "promote/production/tumour-2.0.0"
    expect_words(story.waybill("promote", "tumour", "--from", "staging", "--to", "production"), f"on the branch {branch}")
    story.run("git", "log", "-1", "--format=%B", branch)
    story.run("git", "checkout", "-q", branch)
    word = ("--base", before, "--yes", "--commit", "--key")
    story.waybill("propose", PRODUCTION, *word, story.folder / "keys" / "carol")
    story.waybill("plan", "--base", "main", "--head", branch, "-o", "markdown", lines=30)
    with load(story) as calls:
        story.say("Somebody merges it, though nobody of risk has looked:")
        story.run("git", "checkout", "-q", "main")
        story.run("git", "merge", "-q", "--ff-only", branch)
        story.run("git", "push", "-q", "origin", "main", shown="git push")
        expect_waiting(story, "waiting for 1 more of risk (bob)")
        story.say("Bob approves; and in the same push somebody else asks for one replica more, which he has not seen:")
        story.waybill("approve", PRODUCTION, *word, story.folder / "keys" / "bob")
        edit(story, "deployments/production-tumour.yaml", "replicas: 2", "replicas: 3")
        story.push("One more")
        expect_waiting(story, "since no signed proposal says who the author is")
        expect_words(story.waybill("approvals", "list", PRODUCTION, "--base", before, lines=20, expect=2), "it is about another change")
        story.say("Without that edit, what Bob approved is what git asks for, and it begins by itself:")
        story.run("git", "revert", "--no-edit", "HEAD", lines=1)
        story.run("git", "push", "-q", "origin", "main", shown="git push")
        story.waybill("sync")
        story.wait("production serves version 2.0.0", lambda: story.is_serving(PRODUCTION, "tumour@2.0.0"), limit=120)
    check_load(story, calls, {"1.0.0", "2.0.0"})
    expect_words(story.waybill("history", PRODUCTION, "-n", "100", show=False), "change.admitted")
    expect_words(story.waybill("package", "diff", "tumour@1.0.0", "tumour@2.0.0"), "the weights differ")


def expect_waiting(story, words):
    """Production waits for somebody's word, says so, and serves what it served."""
    story.waybill("sync")
    held = story.wait("production waits, and says for what",
                      lambda: (lambda c: c if c and words in c["message"] else None)(story.condition(PRODUCTION, "Held")), limit=60)
    if held["reason"] != "AwaitingApproval":
        raise Failed(f"it is held for another reason: {held}")
    story.say(held["message"])
    if story.deployment(PRODUCTION)["serving"] != ["tumour@1.0.0"]:
        raise Failed("something else serves than what served before")


def go_back(story):
    story.chapter("Back at once, and it stays back", "Somebody does not like its answers. What served before takes over, git or no git; the revision that was left is\n"
                  "quarantined, so that the same commit does not bring it back.")
    remote_away = story.remote.with_name("remote.away")
    story.remote.rename(remote_away)
    story.say("The git remote is taken away.")
    with load(story) as calls:
        out = story.waybill("rollback", PRODUCTION, "--reason", "it calls everything benign", lines=20)
        story.wait("production serves version 1.0.0 again", lambda: "tumour@1.0.0" in (story.deployment(PRODUCTION) or {}).get("serving", [])
                   and len(story.deployment(PRODUCTION)["serving"]) == 1, limit=120)
    check_load(story, calls, {"1.0.0", "2.0.0"})
    expect_words(out, "on the branch rollback/production/tumour-1.0.0")
    remote_away.rename(story.remote)
    story.waybill("sync")
    held = story.wait("it is held there", lambda: story.condition(PRODUCTION, "Held"), limit=30)
    if held["reason"] != "Quarantined":
        raise Failed(f"it is held for another reason: {held}")
    story.say(held["message"])
    story.say("It was the data that was asked, not the model. So it may serve again:")
    with load(story) as calls:
        story.waybill("lift", PRODUCTION, "--reason", "the caller had swapped two columns")
        story.wait("production serves version 2.0.0", lambda: story.is_serving(PRODUCTION, "tumour@2.0.0"), limit=120)
    check_load(story, calls, {"1.0.0", "2.0.0"})


def hold_broken(story):
    story.chapter("A broken manifest is held, the rest goes on", "One file gets a misspelt field; in the same commit staging gets a second replica.")
    edit(story, "deployments/production-risk-score.yaml", "replicas: 1", "replicaz: 2")
    edit(story, "deployments/staging-tumour.yaml", "replicas: 1", "replicas: 2")
    story.waybill("lint", expect=1)
    story.push("A mistake, and a second replica in staging")
    story.waybill("sync")
    story.wait("staging has two replicas", lambda: (story.deployment(STAGING) or {}).get("replicas", {}).get("ready") == 2 or None, limit=120)
    held = story.wait("the broken one is held", lambda: story.condition(SMALL, "Held"), limit=30)
    if "deployments/production-risk-score.yaml:" not in held["message"]:
        raise Failed(f"the hold does not name the file and line: {held['message']}")
    story.waybill("get", "deployments")
    story.say("It still answers, as it was:")
    story.waybill("call", SMALL, "--data", story.project / "samples" / "requests" / "risk-score.json")
    edit(story, "deployments/production-risk-score.yaml", "replicaz: 2", "replicas: 1")
    story.push("Mended")
    story.waybill("sync")
    story.wait("it is released", lambda: not story.condition(SMALL, "Held") and story.is_serving(SMALL, "risk-score@1.0.0"), limit=60)


def kill_model(story):
    story.chapter("A killed model comes back", "kill -9 on a replica's own process; its keeper writes down how it ended, the controller replaces it.")
    before = replicas(story, SMALL)
    pid = program_of(story, before[0]["replica"])
    story.say(f"$ kill -9 {pid}")
    os.kill(pid, signal.SIGKILL)
    story.wait("another replica serves", lambda: (lambda now: now if now and now[0]["replica"] != before[0]["replica"]
                                                  and story.is_serving(SMALL, "risk-score@1.0.0") else None)(ready(story, SMALL)), limit=60)
    story.waybill("history", SMALL, "-n", "8")


def kill_controller(story):
    story.chapter("A killed controller takes up where it was", "kill -9 on the controller while calls go on: models and gateway do not notice. The next start adopts what runs.")
    before = {r["replica"] for r in replicas(story, PRODUCTION)}
    with load(story) as calls:
        story.say(f"$ kill -9 {story.controller.pid}   (the controller)")
        story.kill_controller()
        story.start_controller()
        story.wait("the controller answers again and finds it serving", lambda: story.is_serving(PRODUCTION, "tumour@2.0.0"), limit=60)
    check_load(story, calls, {"2.0.0"})
    after = {r["replica"] for r in replicas(story, PRODUCTION)}
    if before != after:
        raise Failed(f"replicas were replaced: {before} became {after}")
    story.say(f"The same {len(after)} replicas run on.")


def audit(story):
    story.chapter("The record proves it", "Each act has its intent before it and its outcome after it, in a Merkle log with signed checkpoints. Verification is\n"
                  "offline; it is made against a checkpoint that was kept outside the state folder.")
    story.waybill("audit", "log", "-n", "12")
    story.wait("a checkpoint is outside", lambda: (story.folder / "anchor").exists(), limit=30)
    out = story.waybill("audit", "verify", "--since", story.folder / "anchor")
    if "that was given" not in out.split("\n")[0]:
        raise Failed("the ledger was not verified against the checkpoint")
    story.say("Now one byte of a copy is changed:")
    copy = story.folder / "copy"
    shutil.copytree(story.state / "ledger", copy)
    segment = sorted((copy / "journal").iterdir())[0]
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.chmod(0o600)
    segment.write_bytes(content)
    story.waybill("audit", "verify", copy, expect=1)
    shutil.rmtree(copy)


STEPS = [prepare, train, first_push, package, sign, name_approvers, promote_under_load, go_back, refuse_dangerous, hold_broken, kill_model, kill_controller, canary, explain, audit]


# What steps share

def edit(story, path, before, after):
    file = story.fleet / path
    text = file.read_text()
    if before not in text:
        raise Failed(f"{path} does not have '{before}'")
    file.write_text(text.replace(before, after))
    story.say(f"{path}: '{before}' becomes '{after}'")


def load(story):
    body = (story.project / "samples" / "requests" / "tumour.json").read_bytes()
    return Load(f"{story.gateway_url()}/{PRODUCTION}/v2/models/tumour/infer", body)


def check_load(story, calls, versions):
    story.say(f"The callers got {calls.summary()}.")
    if calls.lost:
        raise Failed(f"{calls.lost} requests were lost: {calls.problems[:3]}")
    if not calls.answers or not set(calls.answers) <= versions:
        raise Failed(f"answers came from {set(calls.answers)}, not from {versions}")


def expect_version(answer, version):
    if f'"model_version"' not in answer or version not in answer:
        raise Failed(f"the answer does not come from version {version}: {answer[:500]}")


def expect_words(output, words):
    if words not in output:
        raise Failed(f"it does not say '{words}':\n{output[-1000:]}")


def replicas(story, key):
    found = json.loads(story.waybill("get", "replicas", "-o", "json", show=False))
    items = found["items"] if isinstance(found, dict) else found
    return [item for item in items if item["deployment"] == key]


def ready(story, key):
    return [item for item in replicas(story, key) if item["phase"] == "ready"]


def program_of(story, replica):
    """The model's own process: it works in the replica's folder and is no keeper."""
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read()
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                command = file.read()
        except OSError:
            continue
        if replica.encode() in environment + command and b"waybill-shim" not in command and command:
            return int(entry)
    raise Failed(f"no process of replica {replica} was found")

"""Chapters of the demo about traffic: versions that earn it or lose it, and what stands behind one answer."""
import hashlib
import json
import shutil
import urllib.request

from story import Failed, Load

CANARY, ANSWERED = "staging/risk-score", "production/tumour"

DEPLOYMENT = """\
apiVersion: waybill.dev/v1alpha1
kind: ModelDeployment
metadata:
  name: risk-score
spec:
  environment: staging
  model: risk-score
  version: 1.0.0
  runtime: python-oip
  replicas: 1
  rollout:
    strategy: canary
    steps:
      - weight: 20
      - analysis: {for: 6s, minRequests: 200, within: 2m, metrics: [{errors: {maxIncrease: 10%}}]}
      - weight: 100
"""

# One request in three fails: what a model with a hole looks like.
FAULT = "        try: self.answer(200, infer(json.loads(body)))"
FAULTY = ("        Handler.asked = getattr(Handler, 'asked', 0) + 1\n"
          "        if Handler.asked % 3 == 0: return self.answer(500, {'error': 'no answer'})\n" + FAULT)


def canary(story):
    story.chapter("A version earns its traffic, another loses it", "Staging gets the small model with a canary: 20 % of the requests, an analysis of what the gateway sees, then all.\n"
                  "Version 1.1.0 is sound; version 1.2.0 fails one request in three.")
    (story.fleet / "deployments" / "staging-risk-score.yaml").write_text(DEPLOYMENT)
    story.run("cat", "deployments/staging-risk-score.yaml", lines=24)
    story.waybill("lint")
    story.push("The small model in staging, by canary")
    story.waybill("sync")
    story.wait("it serves", lambda: story.is_serving(CANARY, "risk-score@1.0.0"), limit=60)
    new_version(story, "1.1.0", lambda text: text.replace("a flat tensor", "one flat tensor"))
    with load(story) as calls:
        ask_for(story, "1.0.0", "1.1.0")
        story.wait("the rollout is under way", lambda: rollout(story) or None, limit=60)
        story.waybill("rollout", "status", CANARY)
        story.wait("version 1.1.0 has all traffic", lambda: story.is_serving(CANARY, "risk-score@1.1.0"), limit=180)
    check(story, calls, allowed=set())
    new_version(story, "1.2.0", lambda text: text.replace(FAULT, FAULTY))
    with load(story) as calls:
        ask_for(story, "1.1.0", "1.2.0")
        story.wait("the bad version is taken back", lambda: story.condition(CANARY, "Stalled"), limit=180)
        story.wait("what served before has all traffic",
                   lambda: (story.deployment(CANARY) or {}).get("serving") == ["risk-score@1.1.0"], limit=60)
        story.waybill("rollout", "status", CANARY)
    check(story, calls, allowed={"1.2.0"})
    ask_for(story, "1.2.0", "1.1.0")
    story.wait("git says what serves", lambda: story.is_serving(CANARY, "risk-score@1.1.0"), limit=60)


def new_version(story, version, change):
    """The files of version 1.0.0 with another program, and a manifest with their digests."""
    before = story.fleet / "artifacts" / "risk-score" / "1.0.0"
    after = before.with_name(version)
    shutil.copytree(before, after)
    server = after / "server.py"
    text = change(server.read_text())
    if text == (before / "server.py").read_text():
        raise Failed(f"version {version} would be the same as 1.0.0")
    server.write_text(text)
    manifest = (story.fleet / "models" / "risk-score" / "1.0.0.yaml").read_text().replace("1.0.0", version)
    old = (before / "server.py").read_bytes()
    manifest = manifest.replace(hashlib.sha256(old).hexdigest(), hashlib.sha256(server.read_bytes()).hexdigest())
    manifest = manifest.replace(f"size: {len(old)}", f"size: {server.stat().st_size}")
    (story.fleet / "models" / "risk-score" / f"{version}.yaml").write_text(manifest)


def ask_for(story, before, after):
    path = story.fleet / "deployments" / "staging-risk-score.yaml"
    path.write_text(path.read_text().replace(f"version: {before}", f"version: {after}"))
    story.say(f"deployments/staging-risk-score.yaml: 'version: {before}' becomes 'version: {after}'")
    story.push(f"risk-score {after} in staging")
    story.waybill("sync")


def rollout(story):
    return (story.deployment(CANARY) or {}).get("rollout")


def url(story):
    return f"{story.gateway_url()}/{CANARY}/v2/models/risk-score/infer"


def body(story):
    return (story.project / "samples" / "requests" / "risk-score.json").read_bytes()


def load(story):
    return Load(url(story), body(story))


def check(story, calls, allowed):
    """No caller lost an answer, but for those that a version in `allowed` answered itself with an error."""
    story.say(f"The callers got {calls.summary()}.")
    lost = calls.lost - sum(count for version, count in calls.failed.items() if version in allowed)
    if lost:
        raise Failed(f"{lost} requests were lost: {calls.problems[:3]}")
    if not calls.answers:
        raise Failed("nobody was answered")


def explain(story):
    story.chapter("What stands behind one answer", "Each answer carries an id. From it Waybill tells the version, its files, code, data and evidence, and who let it serve, and\n"
                  "proves it: the pack that it writes is checked by a Python program that knows nothing of Waybill.")
    path = f"{story.gateway_url()}/{ANSWERED}/v2/models/tumour/infer"
    asked = (story.project / "samples" / "requests" / "tumour.json").read_bytes()
    request = urllib.request.Request(path, asked, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        prediction = answer.headers["x-waybill-prediction-id"]
    story.say(f"The answer says x-waybill-prediction-id: {prediction}")
    story.wait("its record is in the ledger", lambda: is_sealed(story, prediction), limit=180)
    told = story.waybill("lineage", prediction, lines=60)
    for words in ("sha256:", "bob"):
        if words not in told:
            raise Failed(f"the explanation does not say '{words}':\n{told}")
    pack, key = story.folder / "answer.zip", story.state / "ledger" / "vkey"
    pack.unlink(missing_ok=True)
    story.waybill("lineage", prediction, "--bundle", pack, "--since", story.folder / "anchor")
    verify = story.project / "samples" / "verify" / "verify.py"
    check = ("/usr/bin/python3", verify, pack, "--key", key)
    story.run(*check, "--since", story.folder / "anchor", shown="python3 verify.py answer.zip --key VKEY --since CHECKPOINT", lines=20)
    story.say("Now one byte of the pack is changed:")
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)
    story.run(*check, shown="python3 verify.py answer.zip --key VKEY", expect=1)
    pack.unlink()


def is_sealed(story, prediction):
    """Whether a closed segment with the record stands in the ledger: then the link 'prediction' is proven."""
    try:
        told = json.loads(story.waybill("lineage", prediction, "-o", "json", show=False, expect=None))
    except ValueError:
        return None
    return any(link["what"] == "prediction" and link["standing"] == "proven" for link in told["links"]) or None

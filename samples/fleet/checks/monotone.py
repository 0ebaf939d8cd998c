"""A gate's own program: more of a feature that the model counts as a risk never lowers the score.

Reads a question (waybill.command/1) from standard input and answers numbers; the bounds stand in the checklist.
"""
import json, math, os, random, sys

question = json.load(sys.stdin)
with open(os.path.join(question["bundle"]["folder"], "model.json")) as file:
    model = json.load(file)

def score(row):
    z = sum(w * x for w, x in zip(model["weights"], row)) + model["intercept"]
    return 1 / (1 + math.exp(-z))

random.seed(7)
width, broken, pairs, jump = len(model["weights"]), 0, 0, 0.0
for _ in range(1000):
    row = [random.uniform(-3, 3) for _ in range(width)]
    for place, weight in enumerate(model["weights"]):
        more = list(row)
        more[place] += math.copysign(0.1, weight)
        step = score(more) - score(row)
        pairs, broken, jump = pairs + 1, broken + (step < 0), max(jump, abs(step))

print(json.dumps({"numbers": {"broken": broken, "largestJump": jump}, "samples": pairs}))

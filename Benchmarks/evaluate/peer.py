"""The peer: scikit-learn's metrics over the columns of a folder. peer.py write FOLDER ROWS makes them; peer.py FOLDER ROUNDS measures."""
import json
import resource
import statistics
import sys
import time
import warnings

import numpy as np
from sklearn import metrics as sk

warnings.simplefilter("ignore")


def write(folder, rows):
    random = np.random.default_rng(1)
    binary = (random.random(rows) < 0.3).astype(np.int32)
    score = np.clip(0.3 * binary + 0.7 * random.random(rows), 0, 1)
    classes = random.integers(3, size=rows).astype(np.int32)
    chances = random.gamma(1 + 2 * (classes[:, None] == np.arange(3)))
    chances /= chances.sum(axis=1, keepdims=True)
    value = random.normal(10, 1, rows)
    columns = {
        "binary.i32": binary, "found.i32": (score > 0.5).astype(np.int32), "score.f64": score, "class.i32": classes,
        "chosen.i32": chances.argmax(axis=1).astype(np.int32), "value.f64": value,
        "predicted.f64": value + random.normal(0, 0.3, rows),
    }
    for place in range(3):
        columns[f"probability{place}.f64"] = np.ascontiguousarray(chances[:, place])
    for name, column in columns.items():
        column.tofile(f"{folder}/{name}")
    towns = np.array(["Bern", "Ulm", "Graz", '"Halle, Saale"'])[random.integers(4, size=rows)]
    with open(f"{folder}/set.csv", "w") as file:
        file.write("id,truth,score,town,value\n")
        cells = zip(range(rows), binary.tolist(), score.tolist(), towns.tolist(), value.tolist())
        file.writelines(f"{i},{truth},{chance!r},{town},{number!r}\n" for i, truth, chance, town, number in cells)


def measures(folder):
    def load(name, type=np.float64):
        return np.fromfile(f"{folder}/{name}", type)

    binary, found = load("binary.i32", np.int32).astype(np.int64), load("found.i32", np.int32).astype(np.int64)
    classes, chosen = load("class.i32", np.int32).astype(np.int64), load("chosen.i32", np.int32).astype(np.int64)
    score, value, predicted = load("score.f64"), load("value.f64"), load("predicted.f64")
    chances = np.stack([load(f"probability{place}.f64") for place in range(3)], axis=1)
    yield "accuracy", lambda: sk.accuracy_score(classes, chosen)
    yield "balancedAccuracy", lambda: sk.balanced_accuracy_score(classes, chosen)
    for name, function in ("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score):
        yield name, lambda: function(binary, found)
        for average in "macro", "micro", "weighted":
            yield name + average.capitalize(), lambda: function(classes, chosen, average=average)
    yield "rocAuc", lambda: sk.roc_auc_score(binary, score)
    yield "rocAucMacro", lambda: sk.roc_auc_score(classes, chances, multi_class="ovr")
    yield "rocAucWeighted", lambda: sk.roc_auc_score(classes, chances, multi_class="ovr", average="weighted")
    yield "prAuc", lambda: sk.average_precision_score(binary, score)
    yield "logLoss", lambda: sk.log_loss(binary, score)
    yield "brier", lambda: sk.brier_score_loss(binary, score)
    yield "mse", lambda: sk.mean_squared_error(value, predicted)
    yield "rmse", lambda: sk.root_mean_squared_error(value, predicted)
    yield "mae", lambda: sk.mean_absolute_error(value, predicted)
    yield "mape", lambda: sk.mean_absolute_percentage_error(value, predicted)
    yield "r2", lambda: sk.r2_score(value, predicted)
    yield "quantileLoss", lambda: sk.mean_pinball_loss(value, predicted)


def main():
    if sys.argv[1] == "write":
        return write(sys.argv[2], int(sys.argv[3]))
    rows = {}
    for name, compute in measures(sys.argv[1]):
        times = []
        for _ in range(int(sys.argv[2])):
            begin = time.perf_counter()
            result = float(compute())
            times.append((time.perf_counter() - begin) * 1000)
        rows[name] = [result, statistics.median(times)]
    rows["resident_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(rows))


main()

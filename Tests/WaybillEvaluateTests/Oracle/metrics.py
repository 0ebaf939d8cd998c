"""Cases for every metric with the values that scikit-learn gives, one JSON object a line: metrics.py SEED COUNT.

A value is null where scikit-learn raises or gives NaN, and where Waybill refuses by its documentation. The expected calibration error,
which scikit-learn has not, is computed from its published formulas, row by row.
"""
import json
import sys
import warnings

import numpy as np
from sklearn import metrics as sk

warnings.simplefilter("ignore")
EDGES = [k / 15 for k in range(16)]


def attempt(function, *arguments, **options):
    try:
        value = float(function(*arguments, **options))
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def calibration_error(confidence, is_right):
    """Guo et al. 2017, equation 3: bins ((m-1)/15, m/15], the first with 0."""
    confidence, is_right = np.asarray(confidence), np.asarray(is_right, dtype=float)
    error = 0.0
    for low, high in zip(EDGES, EDGES[1:]):
        rows = (confidence <= high) & ((confidence > low) | (low == 0))
        if rows.any():
            error += rows.mean() * abs(is_right[rows].mean() - confidence[rows].mean())
    return error


def labels(random, rows, classes):
    names = np.array(["0", "1", "2", "kitten", "Übersicht", "x,y"][:classes])
    share = random.dirichlet(np.full(classes, random.choice([0.3, 5.0])))
    truth = random.choice(classes, rows, p=share)
    shape = random.integers(4)
    if shape == 0:
        predicted = truth.copy()
    elif shape == 1:
        predicted = np.full(rows, random.integers(classes))
    else:
        predicted = np.where(random.random(rows) < 0.7, truth, random.integers(classes, size=rows))
    return names[truth], names[predicted]


def label_case(random, rows):
    truth, predicted = labels(random, rows, int(random.choice([2, 2, 3, 6])))
    weights = random.integers(0, 4, rows)

    def values(truth, predicted):
        expected = {
            "accuracy": attempt(sk.accuracy_score, truth, predicted),
            "balancedAccuracy": attempt(sk.balanced_accuracy_score, truth, predicted),
        }
        for name, function in ("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score):
            for average in "macro", "micro", "weighted":
                expected[name + average.capitalize()] = attempt(function, truth, predicted, average=average)
            expected[name] = attempt(function, truth, predicted, pos_label="1")
            # scikit-learn has 0 for a label that is nowhere when there is only one other; that is no value.
            if "1" not in truth and "1" not in predicted:
                expected[name] = None
        return expected

    return {"truth": truth.tolist(), "labels": predicted.tolist(), "expected": values(truth, predicted),
            "weights": weights.tolist(),
            "weighted": values(np.repeat(truth, weights), np.repeat(predicted, weights)) if weights.any() else {}}


def binary_case(random, rows):
    share = random.choice([0.5, 0.05])
    truth = (random.random(rows) < share).astype(int)
    shape = random.integers(7)
    noise = random.random(rows)
    scores = [
        lambda: noise,
        lambda: np.round(np.clip(0.4 * truth + 0.6 * noise, 0, 1), 1),
        lambda: 0.5 * truth + 0.5 * noise,
        lambda: truth.astype(float),
        lambda: np.full(rows, 0.25),
        lambda: 1 - truth * noise,
        lambda: np.clip(0.3 * truth + 0.7 * noise, 0, 1) ** 40,
    ][shape]()
    weights = random.integers(0, 4, rows)
    negated = -scores * 1e6

    def values(truth, scores):
        both = len(np.unique(truth)) == 2
        return {
            "rocAuc": attempt(sk.roc_auc_score, truth, scores) if both else None,
            "prAuc": attempt(sk.average_precision_score, truth, scores) if both else None,
            "logLoss": attempt(sk.log_loss, truth, scores, labels=[0, 1]),
            "brier": attempt(sk.brier_score_loss, truth, scores, pos_label=1),
            "calibrationError": calibration_error(scores, truth),
        }

    expected = values(truth, scores)
    # The set says nothing of the positive label: Waybill does not guess.
    if not truth.any():
        expected = dict.fromkeys(expected)
    area = attempt(sk.roc_auc_score, truth, negated) if expected["rocAuc"] is not None else None
    return {"truth": [str(t) for t in truth], "scores": scores.tolist(), "expected": expected,
            "negated": negated.tolist(), "negatedRocAuc": area, "weights": weights.tolist(),
            "weighted": values(np.repeat(truth, weights), np.repeat(scores, weights))
            if weights.any() and truth.any() else {}}


def classes_case(random, rows):
    classes = int(random.integers(3, 6))
    truth = np.concatenate([np.arange(classes), random.integers(classes, size=rows)])
    probabilities = random.dirichlet(np.full(classes, random.choice([0.2, 2.0])), len(truth))
    if random.random() < 0.5:
        probabilities = np.maximum(np.round(probabilities, 1), 0)
        probabilities[probabilities.sum(axis=1) == 0] = 1 / classes
        probabilities /= probabilities.sum(axis=1, keepdims=True)
    weights = random.integers(0, 4, len(truth))
    weights[:classes] = 1

    def values(truth, probabilities):
        best = probabilities.argmax(axis=1)
        return {
            "rocAucMacro": attempt(sk.roc_auc_score, truth, probabilities, multi_class="ovr", average="macro"),
            "rocAucWeighted": attempt(sk.roc_auc_score, truth, probabilities, multi_class="ovr", average="weighted"),
            "logLoss": attempt(sk.log_loss, truth, probabilities),
            "brier": attempt(sk.brier_score_loss, truth, probabilities),
            "calibrationError": calibration_error(probabilities.max(axis=1), best == truth),
        }

    return {"truth": [str(t) for t in truth], "classes": [str(c) for c in range(classes)],
            "probabilities": probabilities.T.tolist(), "expected": values(truth, probabilities),
            "weights": weights.tolist(),
            "weighted": values(np.repeat(truth, weights), np.repeat(probabilities, weights, axis=0))}


def number_case(random, rows):
    scale = random.choice([1e-8, 1.0, 1e8])
    truth = random.normal(random.choice([0, 100]), 1, rows) * scale
    predicted = truth + random.normal(0, 0.5, rows) * scale
    shape = random.integers(6)
    if shape == 0:
        predicted = truth.copy()
    elif shape == 1:
        truth = np.full(rows, 3.0)
        predicted = np.full(rows, float(random.integers(3, 5)))
    elif shape == 2:
        truth[random.random(rows) < 0.3] = 0.0
    alpha = float(random.choice([0.05, 0.5, 0.9]))
    weights = random.integers(0, 4, rows)

    def values(truth, predicted):
        return {
            "mse": attempt(sk.mean_squared_error, truth, predicted),
            "rmse": attempt(sk.root_mean_squared_error, truth, predicted),
            "mae": attempt(sk.mean_absolute_error, truth, predicted),
            "mape": attempt(sk.mean_absolute_percentage_error, truth, predicted),
            "r2": attempt(sk.r2_score, truth, predicted),
            "quantileLoss": attempt(sk.mean_pinball_loss, truth, predicted, alpha=alpha),
        }

    # One row that is drawn has no spread.
    weighted = values(np.repeat(truth, weights), np.repeat(predicted, weights)) if (weights > 0).sum() > 1 else {}
    return {"truthNumbers": truth.tolist(), "numbers": predicted.tolist(), "alpha": alpha,
            "expected": values(truth, predicted), "weights": weights.tolist(), "weighted": weighted}


def main():
    random = np.random.default_rng(int(sys.argv[1]))
    for number in range(int(sys.argv[2])):
        make = [label_case, binary_case, classes_case, number_case][number % 4]
        print(json.dumps(make(random, int(random.choice([1, 2, 3, 7, 40, 300, 2000])))))


main()

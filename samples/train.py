#!/usr/bin/env python3
"""Trains the two versions of the sample model `tumour` and writes them as a fleet repository wants them.

The data is the breast cancer set that scikit-learn ships (569 rows, 30 columns), so nothing is downloaded. Version 1.0.0
is a logistic regression, version 2.0.0 a forest of boosted trees: other weights, the same interface.
The same packages on the same machine give the same bytes each time.

usage: train.py FOLDER [--version 1.0.0 | 2.0.0]

FOLDER is the top of a fleet repository. For each version it writes `artifacts/tumour/VERSION/model.joblib` and
`models/tumour/VERSION.yaml`, the ModelVersion that names the file by digest and size.
"""

import argparse
import hashlib
import importlib.resources
import pathlib

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MODEL = "tumour"
SEED = 7
# The file that load_breast_cancer reads.
DATA = importlib.resources.files("sklearn.datasets.data") / "breast_cancer.csv"

ESTIMATORS = {
    "1.0.0": lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=1000)),
    "2.0.0": lambda: HistGradientBoostingClassifier(max_iter=60, max_depth=3, random_state=SEED),
}

MANIFEST = """\
apiVersion: waybill.dev/v1alpha1
kind: ModelVersion
spec:
  model: {model}
  version: {version}
  format: sklearn-joblib
  artifacts:
    - path: model.joblib
      source: {source}
      digest: sha256:{digest}
      size: {size}
  data:
    - name: breast-cancer
      uri: scikit-learn:datasets/data/breast_cancer.csv
      digest: sha256:{data}
  interface:
    inputs:
      - {{name: features, datatype: FP64, shape: [-1, {columns}]}}
    outputs:
      - {{name: predict, datatype: INT64, shape: [-1, 1]}}
"""


def train(version):
    """The fitted estimator of `version`, its area under the ROC curve on rows it has not seen, and its input columns."""
    features, malignant = load_breast_cancer(return_X_y=True)
    seen, unseen, seen_labels, unseen_labels = train_test_split(
        features, malignant, test_size=0.3, random_state=SEED, stratify=malignant
    )
    estimator = ESTIMATORS[version]().fit(seen, seen_labels)
    score = roc_auc_score(unseen_labels, estimator.predict_proba(unseen)[:, 1])
    return estimator, score, features.shape[1]


def write(version, fleet):
    """Writes artifact and manifest of `version` under `fleet` and says what came out."""
    estimator, score, columns = train(version)
    source = f"artifacts/{MODEL}/{version}/model.joblib"
    artifact = fleet / source
    artifact.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(estimator, artifact)
    content = artifact.read_bytes()
    manifest = fleet / "models" / MODEL / f"{version}.yaml"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(
        MANIFEST.format(
            model=MODEL,
            version=version,
            source=source,
            digest=hashlib.sha256(content).hexdigest(),
            size=len(content),
            columns=columns,
            data=hashlib.sha256(DATA.read_bytes()).hexdigest(),
        )
    )
    print(f"{MODEL}@{version}: auc {score:.4f} on unseen rows, {len(content)} bytes -> {manifest}")


def main():
    parser = argparse.ArgumentParser(description="Trains the sample model for a fleet repository.")
    parser.add_argument("fleet", type=pathlib.Path, metavar="FOLDER", help="top of the fleet repository")
    parser.add_argument("--version", choices=sorted(ESTIMATORS), help="only this version (default: all)")
    arguments = parser.parse_args()
    for version in [arguments.version] if arguments.version else sorted(ESTIMATORS):
        write(version, arguments.fleet)


if __name__ == "__main__":
    main()

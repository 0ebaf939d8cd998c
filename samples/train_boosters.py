#!/usr/bin/env python3
"""Trains one XGBoost and one LightGBM model on the breast cancer data that scikit-learn ships.

usage: train_boosters.py FOLDER

Writes `FOLDER/xgboost/model.json` and `FOLDER/lightgbm/model.bst`: formats that run no code when they are loaded, under the
names that MLServer looks for.
"""

import pathlib
import sys

import lightgbm
import xgboost
from sklearn.datasets import load_breast_cancer

SEED = 7


def main():
    folder = pathlib.Path(sys.argv[1])
    for framework in ("xgboost", "lightgbm"):
        (folder / framework).mkdir(parents=True, exist_ok=True)
    features, labels = load_breast_cancer(return_X_y=True)
    trees = xgboost.XGBClassifier(n_estimators=20, max_depth=3, random_state=SEED, n_jobs=1)
    trees.fit(features, labels).save_model(folder / "xgboost" / "model.json")
    leaves = lightgbm.LGBMClassifier(n_estimators=20, max_depth=3, random_state=SEED, n_jobs=1, verbose=-1)
    leaves.fit(features, labels).booster_.save_model(folder / "lightgbm" / "model.bst")


if __name__ == "__main__":
    main()

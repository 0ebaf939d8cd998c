"""Scikit-learn models as people ship them, pickled with the defaults: forests and boosting of usual depth, text with its
vocabulary, neighbours with their data, pipelines. `usual_models.py FOLDER`."""
import os
import pickle
import random
import sys

import numpy
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (GradientBoostingClassifier, HistGradientBoostingRegressor, IsolationForest, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC


def main(folder):
    os.makedirs(folder)
    chance = numpy.random.default_rng(1)
    random.seed(1)
    rows = chance.normal(size=(2000, 20))
    labels = (rows[:, 0] + chance.normal(size=2000) > 0).astype(int)
    words = ["".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randint(3, 9))) for _ in range(20_000)]
    texts = [" ".join(random.choices(words, k=200)) for _ in range(1000)]
    mixed = numpy.array([[random.choice(words[:300]), random.choice(words[:50]), str(n)] for n in range(2000)], dtype=object)
    models = {
        "forest": RandomForestClassifier(100, random_state=0).fit(rows, labels),
        "forest-regressor": RandomForestRegressor(50, max_depth=10, random_state=0).fit(rows, rows[:, 0]),
        "boosting": GradientBoostingClassifier(random_state=0).fit(rows, labels),
        "histogram-boosting": HistGradientBoostingRegressor(random_state=0).fit(rows, rows[:, 1]),
        "isolation-forest": IsolationForest(random_state=0).fit(rows),
        "text": make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels[:1000]),
        "words": make_pipeline(CountVectorizer(ngram_range=(1, 2), max_features=20_000), MultinomialNB()).fit(texts, labels[:1000]),
        "neighbours": KNeighborsClassifier().fit(rows, labels),
        "support-vectors": make_pipeline(StandardScaler(), SVC()).fit(rows, labels),
        "columns": make_pipeline(
            make_column_transformer((OneHotEncoder(handle_unknown="ignore"), [0, 1]), (StandardScaler(), [2])), Ridge()).fit(
                mixed, rows[:, 0]),
        "clusters": KMeans(8, n_init=1, random_state=0).fit(rows),
        "linear": make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels),
    }
    for name, model in models.items():
        with open(os.path.join(folder, f"{name}.pkl"), "wb") as out:
            pickle.dump(model, out)


main(sys.argv[1])

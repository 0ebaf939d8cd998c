#!/usr/bin/env python3
"""Makes real models and saves them as people do: the clean corpus, and what the shipped allow list is learned from.

    make_clean.py FOLDER           scikit-learn, numpy, scipy, joblib, XGBoost, LightGBM

Beside it make_torch.py does the same for torch, make_keras.py for Keras. Every file must be found safe under the shipped list. The models are tiny: what matters is which names their pickles import.
"""
import argparse
import os
import pickle


def table(seed=0, rows=60, columns=5):
    import numpy as np

    random = np.random.RandomState(seed)
    x = random.rand(rows, columns)
    return x, (x[:, 0] + x[:, 1] > 1).astype(int), x @ np.arange(1.0, columns + 1)


def estimators():
    """(name, fitted estimator) for many kinds."""
    from sklearn import (
        calibration, cluster, compose, covariance, cross_decomposition, decomposition, discriminant_analysis, dummy,
        ensemble, feature_extraction, feature_selection, gaussian_process, impute, isotonic, kernel_ridge,
        linear_model, manifold, mixture, model_selection, multiclass, multioutput, naive_bayes, neighbors,
        neural_network, pipeline, preprocessing, random_projection, semi_supervised, svm, tree)

    x, labels, target = table()
    classifiers = [
        linear_model.LogisticRegression(), linear_model.RidgeClassifier(), linear_model.SGDClassifier(),
        linear_model.Perceptron(), linear_model.LogisticRegressionCV(cv=3), linear_model.PassiveAggressiveClassifier(),
        tree.DecisionTreeClassifier(), tree.ExtraTreeClassifier(), ensemble.RandomForestClassifier(5),
        ensemble.ExtraTreesClassifier(5), ensemble.GradientBoostingClassifier(n_estimators=5),
        ensemble.HistGradientBoostingClassifier(max_iter=5), ensemble.AdaBoostClassifier(n_estimators=5),
        ensemble.BaggingClassifier(n_estimators=3), svm.SVC(probability=False), svm.LinearSVC(), svm.NuSVC(),
        neighbors.KNeighborsClassifier(), neighbors.KNeighborsClassifier(algorithm="ball_tree"),
        neighbors.RadiusNeighborsClassifier(radius=5.0), neighbors.NearestCentroid(),
        naive_bayes.GaussianNB(), naive_bayes.MultinomialNB(), naive_bayes.BernoulliNB(), naive_bayes.ComplementNB(),
        neural_network.MLPClassifier(hidden_layer_sizes=(4,), max_iter=5), discriminant_analysis.LinearDiscriminantAnalysis(),
        discriminant_analysis.QuadraticDiscriminantAnalysis(), gaussian_process.GaussianProcessClassifier(),
        dummy.DummyClassifier(), calibration.CalibratedClassifierCV(linear_model.LogisticRegression(), cv=3),
        ensemble.VotingClassifier([("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier())]),
        ensemble.StackingClassifier([("a", linear_model.LogisticRegression()), ("b", naive_bayes.GaussianNB())], cv=3),
        multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
        model_selection.GridSearchCV(linear_model.LogisticRegression(), {"C": [0.1, 1.0]}, cv=3),
        model_selection.RandomizedSearchCV(linear_model.LogisticRegression(), {"C": [0.1, 1.0]}, n_iter=2, cv=3),
        semi_supervised.LabelPropagation(),
    ]
    regressors = [
        linear_model.LinearRegression(), linear_model.Ridge(), linear_model.Lasso(), linear_model.ElasticNet(),
        linear_model.BayesianRidge(), linear_model.HuberRegressor(), linear_model.SGDRegressor(),
        linear_model.PoissonRegressor(), linear_model.TweedieRegressor(), linear_model.RANSACRegressor(),
        linear_model.QuantileRegressor(), linear_model.RidgeCV(), linear_model.LassoCV(cv=3), linear_model.Lars(),
        linear_model.TheilSenRegressor(), linear_model.GammaRegressor(),
        tree.DecisionTreeRegressor(), ensemble.RandomForestRegressor(5), ensemble.ExtraTreesRegressor(5),
        ensemble.GradientBoostingRegressor(n_estimators=5), ensemble.HistGradientBoostingRegressor(max_iter=5),
        ensemble.GradientBoostingRegressor(loss="huber", n_estimators=5),
        ensemble.HistGradientBoostingRegressor(loss="poisson", max_iter=5), ensemble.AdaBoostRegressor(n_estimators=5),
        svm.SVR(), svm.LinearSVR(), neighbors.KNeighborsRegressor(), neighbors.RadiusNeighborsRegressor(radius=5.0),
        neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=5), gaussian_process.GaussianProcessRegressor(),
        kernel_ridge.KernelRidge(), cross_decomposition.PLSRegression(), dummy.DummyRegressor(),
        compose.TransformedTargetRegressor(linear_model.Ridge(), transformer=preprocessing.StandardScaler()),
        multioutput.MultiOutputRegressor(linear_model.Ridge()),
        ensemble.StackingRegressor([("a", linear_model.Ridge())], cv=3),
        ensemble.VotingRegressor([("a", linear_model.Ridge())]),
    ]
    transformers = [
        preprocessing.StandardScaler(), preprocessing.MinMaxScaler(), preprocessing.RobustScaler(),
        preprocessing.MaxAbsScaler(), preprocessing.Normalizer(), preprocessing.Binarizer(),
        preprocessing.PolynomialFeatures(), preprocessing.QuantileTransformer(n_quantiles=10),
        preprocessing.PowerTransformer(), preprocessing.KBinsDiscretizer(), preprocessing.SplineTransformer(),
        decomposition.PCA(2), decomposition.TruncatedSVD(2), decomposition.NMF(2, max_iter=20),
        decomposition.FastICA(2), decomposition.KernelPCA(2), decomposition.LatentDirichletAllocation(2, max_iter=2),
        decomposition.IncrementalPCA(2), decomposition.FactorAnalysis(2),
        feature_selection.SelectKBest(k=2), feature_selection.VarianceThreshold(),
        feature_selection.RFE(linear_model.LogisticRegression(), n_features_to_select=2),
        feature_selection.SelectFromModel(linear_model.LogisticRegression()),
        feature_selection.SelectPercentile(feature_selection.f_regression),
        impute.SimpleImputer(), impute.KNNImputer(), impute.MissingIndicator(),
        random_projection.GaussianRandomProjection(n_components=2), random_projection.SparseRandomProjection(n_components=2),
        cluster.KMeans(2, n_init=2), cluster.MiniBatchKMeans(2, n_init=2), cluster.Birch(), cluster.DBSCAN(),
        cluster.AgglomerativeClustering(), cluster.MeanShift(), cluster.SpectralClustering(2), cluster.HDBSCAN(),
        cluster.AffinityPropagation(), cluster.OPTICS(), manifold.Isomap(n_neighbors=8), manifold.LocallyLinearEmbedding(),
        mixture.GaussianMixture(2), mixture.BayesianGaussianMixture(n_components=2), ensemble.IsolationForest(n_estimators=5), svm.OneClassSVM(),
        neighbors.LocalOutlierFactor(novelty=True), neighbors.KernelDensity(), neighbors.NearestNeighbors(),
        covariance.EllipticEnvelope(), covariance.LedoitWolf(), ensemble.RandomTreesEmbedding(5),
    ]
    for model in classifiers:
        yield type(model).__name__ + getattr(model, "algorithm", "").replace("auto", ""), model.fit(x, labels)
    for model in regressors:
        y = target.reshape(-1, 1) if "Multi" in type(model).__name__ else target
        yield type(model).__name__ + str(getattr(model, "loss", "")), model.fit(x, y)
    for model in transformers:
        yield type(model).__name__, model.fit(x, labels)
    yield "IsotonicRegression", isotonic.IsotonicRegression().fit(x[:, 0], target)
    yield "LabelEncoder", preprocessing.LabelEncoder().fit(["a", "b"])
    yield "LabelBinarizer", preprocessing.LabelBinarizer().fit(["a", "b", "c"])
    yield "MultiLabelBinarizer", preprocessing.MultiLabelBinarizer().fit([["a"], ["a", "b"]])
    yield "OneHotEncoder", preprocessing.OneHotEncoder(handle_unknown="ignore").fit([["a"], ["b"]])
    yield "OrdinalEncoder", preprocessing.OrdinalEncoder().fit([["a"], ["b"]])
    yield "TargetEncoder", preprocessing.TargetEncoder(cv=2).fit([["a"], ["b"]] * 10, [0, 1] * 10)
    yield "DictVectorizer", feature_extraction.DictVectorizer().fit([{"a": 1}, {"b": 2}])
    yield "FeatureHasher", feature_extraction.FeatureHasher(8)
    yield from combined()


def combined():
    """Pipelines, column transformers and text."""
    import numpy as np
    from sklearn import compose, ensemble, feature_extraction, impute, linear_model, pipeline, preprocessing

    text = feature_extraction.text
    x, labels, _ = table()
    documents = ["good model", "bad model", "very good", "very bad"] * 5
    marks = [1, 0, 1, 0] * 5
    yield "CountVectorizer", text.CountVectorizer().fit(documents)
    yield "TfidfVectorizer", text.TfidfVectorizer(ngram_range=(1, 2), stop_words="english").fit(documents)
    yield "HashingVectorizer", text.HashingVectorizer(n_features=16)
    yield "text-pipeline", pipeline.make_pipeline(text.TfidfVectorizer(), linear_model.LogisticRegression()).fit(
        documents, marks)
    yield "numeric-pipeline", pipeline.make_pipeline(
        impute.SimpleImputer(), preprocessing.StandardScaler(), ensemble.RandomForestClassifier(10)).fit(x, labels)
    mixed = np.array([[str(i % 3), float(i), "ab"[i % 2]] for i in range(60)], dtype=object)
    columns = compose.ColumnTransformer(
        [
            ("number", preprocessing.StandardScaler(), [1]),
            ("word", preprocessing.OneHotEncoder(), [0, 2]),
            ("drop", "drop", slice(0, 1)),
        ], remainder="passthrough")
    yield "column-pipeline", pipeline.Pipeline([("c", columns), ("m", linear_model.LogisticRegression())]).fit(
        mixed, labels)
    yield "union", pipeline.FeatureUnion([("a", preprocessing.StandardScaler()), ("b", preprocessing.MinMaxScaler())]).fit(x)
    yield "function-log", preprocessing.FunctionTransformer(np.log1p).fit(x)
    yield "random-state", linear_model.SGDClassifier(random_state=np.random.RandomState(1)).fit(x, labels)


def arrays():
    """(name, value) of numpy and scipy."""
    import collections
    import numpy as np
    import scipy.sparse

    x, _, _ = table()
    yield "float-array", x
    yield "fortran-array", np.asfortranarray(x)
    yield "int-array", np.arange(10)
    yield "text-array", np.array(["a", "bcd"])
    yield "object-array", np.array(["a", 1, None, {"k": [1, 2]}], dtype=object)
    yield "date-array", np.array(["2024-01-01"], dtype="datetime64[D]")
    yield "record-array", np.array([(1, 2.0, "x")], dtype=[("a", "i4"), ("b", "f8"), ("c", "O")])
    yield "plain-record-array", np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])
    yield "scalar", np.float32(3.5)
    yield "masked-array", np.ma.masked_array([1, 2, 3], mask=[0, 1, 0])
    yield "random-generator", np.random.default_rng(3)
    yield "random-state-value", np.random.RandomState(3)
    yield "empty-array", np.zeros((0, 4))
    yield "ordered", collections.OrderedDict(a=x, b=[1, (2, 3), {4}, frozenset({5}), 6.5, 1 << 80, b"bytes", None, True])
    yield "defaults", collections.defaultdict(list, a=[1])
    for kind in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr"):
        yield f"sparse-{kind}", getattr(scipy.sparse, f"{kind}_matrix")(np.eye(4))
        yield f"sparse-array-{kind}", getattr(scipy.sparse, f"{kind}_array")(np.eye(4))


def boosters():
    import lightgbm
    import xgboost

    x, labels, target = table()
    quiet = {"verbosity": -1, "num_threads": 1}
    yield "xgb-classifier", xgboost.XGBClassifier(n_estimators=3).fit(x, labels)
    yield "xgb-regressor", xgboost.XGBRegressor(n_estimators=3).fit(x, target)
    yield "xgb-ranker", xgboost.XGBRanker(n_estimators=3).fit(x, labels, qid=[0] * 60)
    yield "xgb-forest", xgboost.XGBRFClassifier(n_estimators=3).fit(x, labels)
    yield "xgb-booster", xgboost.train({}, xgboost.DMatrix(x, labels), 3)
    yield "lgb-classifier", lightgbm.LGBMClassifier(n_estimators=3, **quiet).fit(x, labels)
    yield "lgb-regressor", lightgbm.LGBMRegressor(n_estimators=3, **quiet).fit(x, target)
    yield "lgb-ranker", lightgbm.LGBMRanker(n_estimators=3, **quiet).fit(x, labels, group=[60])
    yield "lgb-booster", lightgbm.train({"objective": "regression", **quiet}, lightgbm.Dataset(x, target), 3)


def save(folder, name, value, protocols, compressions):
    import joblib

    for protocol in protocols:
        with open(os.path.join(folder, f"{name}.p{protocol}.pkl"), "wb") as file:
            pickle.dump(value, file, protocol=protocol)
    for compression in compressions:
        kind = compression[0] if compression else "plain"
        joblib.dump(value, os.path.join(folder, f"{name}.{kind}.joblib"), compress=compression or 0)


def make(folder):
    packings = [("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)]
    number = 0
    for source in (estimators(), arrays(), boosters()):
        for name, value in source:
            # The default protocol and joblib for all; the others, and one compression, in turn.
            save(folder, name, value, [4, number % 6], [None, packings[number % 5]])
            number += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    import warnings

    warnings.simplefilter("ignore")
    os.makedirs(options.folder, exist_ok=True)
    make(options.folder)


if __name__ == "__main__":
    main()

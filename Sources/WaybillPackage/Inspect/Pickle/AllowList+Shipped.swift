extension AllowList {
    /// What models of scikit-learn, numpy, scipy, joblib, XGBoost, LightGBM and torch import.
    package static let shipped: AllowList = {
        // A test reads the same text, so that this is never empty.
        (try? AllowList(parsing: shippedText, file: "models.txt")) ?? AllowList()
    }()

    /// `manifests/allow/models.txt`, by `scripts/embed-allow-list`.
    package static let shippedText = """
        # What pickled models of scikit-learn 1.9, numpy 2, scipy 1.17, joblib 1.6, XGBoost 3.2, LightGBM 4.7 and torch 1.13 import.
        # A line is 'module name', or 'module name new' for what may be made and passed on but not called.
        # Learned from the files of Tests/WaybillPackageTests/Corpus/make_clean.py and make_torch.py by learn_allow.py, then read by a person.
        _codecs encode
        builtins bytearray
        builtins bytes
        builtins dict new
        builtins frozenset
        builtins list new
        builtins object new
        builtins set
        builtins slice
        collections OrderedDict
        collections defaultdict
        copyreg _reconstructor
        joblib.numpy_pickle NumpyArrayWrapper new
        lightgbm.basic Booster new
        lightgbm.sklearn LGBMClassifier new
        lightgbm.sklearn LGBMRanker new
        lightgbm.sklearn LGBMRegressor new
        numpy dtype
        numpy float32 new
        numpy float64 new
        numpy int32 new
        numpy int64 new
        numpy log1p new
        numpy matrix new
        numpy ndarray new
        numpy._core.multiarray _reconstruct
        numpy._core.multiarray scalar
        numpy._core.numeric _frombuffer
        numpy.core.multiarray _reconstruct
        numpy.core.multiarray scalar
        numpy.core.numeric _frombuffer
        numpy.ma MaskedArray new
        numpy.ma.core _mareconstruct
        numpy.random._mt19937 MT19937 new
        numpy.random._pcg64 PCG64 new
        numpy.random._pickle __bit_generator_ctor
        numpy.random._pickle __generator_ctor
        numpy.random._pickle __randomstate_ctor
        numpy.random.bit_generator SeedSequence new
        numpy.random.bit_generator __pyx_unpickle_SeedSequence
        scipy._lib.array_api_compat.numpy._aliases asarray new
        scipy.interpolate._bsplines BSpline new
        scipy.sparse._bsr bsr_array new
        scipy.sparse._bsr bsr_matrix new
        scipy.sparse._coo coo_array new
        scipy.sparse._coo coo_matrix new
        scipy.sparse._csc csc_array new
        scipy.sparse._csc csc_matrix new
        scipy.sparse._csr csr_array new
        scipy.sparse._csr csr_matrix new
        scipy.sparse._dia dia_array new
        scipy.sparse._dia dia_matrix new
        scipy.sparse._dok dok_array new
        scipy.sparse._dok dok_matrix new
        scipy.sparse._lil lil_array new
        scipy.sparse._lil lil_matrix new
        sklearn._loss._loss CyHalfBinomialLoss
        sklearn._loss._loss CyHalfGammaLoss
        sklearn._loss._loss CyHalfPoissonLoss
        sklearn._loss._loss CyHalfSquaredError
        sklearn._loss._loss CyHalfTweedieLossIdentity
        sklearn._loss._loss CyHuberLoss
        sklearn._loss.link IdentityLink new
        sklearn._loss.link Interval new
        sklearn._loss.link LogLink new
        sklearn._loss.link LogitLink new
        sklearn._loss.loss HalfBinomialLoss new
        sklearn._loss.loss HalfGammaLoss new
        sklearn._loss.loss HalfPoissonLoss new
        sklearn._loss.loss HalfSquaredError new
        sklearn._loss.loss HalfTweedieLossIdentity new
        sklearn._loss.loss HuberLoss new
        sklearn.calibration CalibratedClassifierCV new
        sklearn.calibration _CalibratedClassifier new
        sklearn.calibration _SigmoidCalibration new
        sklearn.cluster._affinity_propagation AffinityPropagation new
        sklearn.cluster._agglomerative AgglomerativeClustering new
        sklearn.cluster._birch Birch new
        sklearn.cluster._birch _CFNode new
        sklearn.cluster._birch _CFSubcluster new
        sklearn.cluster._dbscan DBSCAN new
        sklearn.cluster._hdbscan.hdbscan HDBSCAN new
        sklearn.cluster._kmeans KMeans new
        sklearn.cluster._kmeans MiniBatchKMeans new
        sklearn.cluster._mean_shift MeanShift new
        sklearn.cluster._optics OPTICS new
        sklearn.cluster._spectral SpectralClustering new
        sklearn.compose._column_transformer ColumnTransformer new
        sklearn.compose._target TransformedTargetRegressor new
        sklearn.covariance._elliptic_envelope EllipticEnvelope new
        sklearn.covariance._shrunk_covariance LedoitWolf new
        sklearn.cross_decomposition._pls PLSRegression new
        sklearn.decomposition._factor_analysis FactorAnalysis new
        sklearn.decomposition._fastica FastICA new
        sklearn.decomposition._incremental_pca IncrementalPCA new
        sklearn.decomposition._kernel_pca KernelPCA new
        sklearn.decomposition._lda LatentDirichletAllocation new
        sklearn.decomposition._nmf NMF new
        sklearn.decomposition._pca PCA new
        sklearn.decomposition._truncated_svd TruncatedSVD new
        sklearn.discriminant_analysis LinearDiscriminantAnalysis new
        sklearn.discriminant_analysis QuadraticDiscriminantAnalysis new
        sklearn.dummy DummyClassifier new
        sklearn.dummy DummyRegressor new
        sklearn.ensemble._bagging BaggingClassifier new
        sklearn.ensemble._forest ExtraTreesClassifier new
        sklearn.ensemble._forest ExtraTreesRegressor new
        sklearn.ensemble._forest RandomForestClassifier new
        sklearn.ensemble._forest RandomForestRegressor new
        sklearn.ensemble._forest RandomTreesEmbedding new
        sklearn.ensemble._gb GradientBoostingClassifier new
        sklearn.ensemble._gb GradientBoostingRegressor new
        sklearn.ensemble._hist_gradient_boosting.binning _BinMapper new
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting HistGradientBoostingClassifier new
        sklearn.ensemble._hist_gradient_boosting.gradient_boosting HistGradientBoostingRegressor new
        sklearn.ensemble._hist_gradient_boosting.predictor TreePredictor new
        sklearn.ensemble._iforest IsolationForest new
        sklearn.ensemble._stacking StackingClassifier new
        sklearn.ensemble._stacking StackingRegressor new
        sklearn.ensemble._voting VotingClassifier new
        sklearn.ensemble._voting VotingRegressor new
        sklearn.ensemble._weight_boosting AdaBoostClassifier new
        sklearn.ensemble._weight_boosting AdaBoostRegressor new
        sklearn.feature_extraction._dict_vectorizer DictVectorizer new
        sklearn.feature_extraction._hash FeatureHasher new
        sklearn.feature_extraction.text CountVectorizer new
        sklearn.feature_extraction.text HashingVectorizer new
        sklearn.feature_extraction.text TfidfTransformer new
        sklearn.feature_extraction.text TfidfVectorizer new
        sklearn.feature_selection._from_model SelectFromModel new
        sklearn.feature_selection._rfe RFE new
        sklearn.feature_selection._univariate_selection SelectKBest new
        sklearn.feature_selection._univariate_selection SelectPercentile new
        sklearn.feature_selection._univariate_selection f_classif new
        sklearn.feature_selection._univariate_selection f_regression new
        sklearn.feature_selection._variance_threshold VarianceThreshold new
        sklearn.gaussian_process._gpc GaussianProcessClassifier new
        sklearn.gaussian_process._gpc _BinaryGaussianProcessClassifierLaplace new
        sklearn.gaussian_process._gpr GaussianProcessRegressor new
        sklearn.gaussian_process.kernels ConstantKernel new
        sklearn.gaussian_process.kernels Product new
        sklearn.gaussian_process.kernels RBF new
        sklearn.impute._base MissingIndicator new
        sklearn.impute._base SimpleImputer new
        sklearn.impute._knn KNNImputer new
        sklearn.isotonic IsotonicRegression new
        sklearn.kernel_ridge KernelRidge new
        sklearn.linear_model._base LinearRegression new
        sklearn.linear_model._bayes BayesianRidge new
        sklearn.linear_model._coordinate_descent ElasticNet new
        sklearn.linear_model._coordinate_descent Lasso new
        sklearn.linear_model._coordinate_descent LassoCV new
        sklearn.linear_model._glm.glm GammaRegressor new
        sklearn.linear_model._glm.glm PoissonRegressor new
        sklearn.linear_model._glm.glm TweedieRegressor new
        sklearn.linear_model._huber HuberRegressor new
        sklearn.linear_model._least_angle Lars new
        sklearn.linear_model._logistic LogisticRegression new
        sklearn.linear_model._logistic LogisticRegressionCV new
        sklearn.linear_model._passive_aggressive PassiveAggressiveClassifier new
        sklearn.linear_model._perceptron Perceptron new
        sklearn.linear_model._quantile QuantileRegressor new
        sklearn.linear_model._ransac RANSACRegressor new
        sklearn.linear_model._ridge Ridge new
        sklearn.linear_model._ridge RidgeCV new
        sklearn.linear_model._ridge RidgeClassifier new
        sklearn.linear_model._sgd_fast Hinge
        sklearn.linear_model._stochastic_gradient SGDClassifier new
        sklearn.linear_model._stochastic_gradient SGDRegressor new
        sklearn.linear_model._theil_sen TheilSenRegressor new
        sklearn.manifold._isomap Isomap new
        sklearn.manifold._locally_linear LocallyLinearEmbedding new
        sklearn.metrics._dist_metrics EuclideanDistance64 new
        sklearn.metrics._dist_metrics newObj
        sklearn.metrics._scorer _PassthroughScorer new
        sklearn.mixture._bayesian_mixture BayesianGaussianMixture new
        sklearn.mixture._gaussian_mixture GaussianMixture new
        sklearn.model_selection._search GridSearchCV new
        sklearn.model_selection._search RandomizedSearchCV new
        sklearn.model_selection._split StratifiedKFold new
        sklearn.multiclass OneVsRestClassifier new
        sklearn.multioutput MultiOutputRegressor new
        sklearn.naive_bayes BernoulliNB new
        sklearn.naive_bayes ComplementNB new
        sklearn.naive_bayes GaussianNB new
        sklearn.naive_bayes MultinomialNB new
        sklearn.neighbors._ball_tree BallTree new
        sklearn.neighbors._ball_tree newObj
        sklearn.neighbors._classification KNeighborsClassifier new
        sklearn.neighbors._classification RadiusNeighborsClassifier new
        sklearn.neighbors._kd_tree KDTree new
        sklearn.neighbors._kd_tree newObj
        sklearn.neighbors._kde KernelDensity new
        sklearn.neighbors._lof LocalOutlierFactor new
        sklearn.neighbors._nearest_centroid NearestCentroid new
        sklearn.neighbors._regression KNeighborsRegressor new
        sklearn.neighbors._regression RadiusNeighborsRegressor new
        sklearn.neighbors._unsupervised NearestNeighbors new
        sklearn.neural_network._multilayer_perceptron MLPClassifier new
        sklearn.neural_network._multilayer_perceptron MLPRegressor new
        sklearn.neural_network._stochastic_optimizers AdamOptimizer new
        sklearn.pipeline FeatureUnion new
        sklearn.pipeline Pipeline new
        sklearn.preprocessing._data Binarizer new
        sklearn.preprocessing._data KernelCenterer new
        sklearn.preprocessing._data MaxAbsScaler new
        sklearn.preprocessing._data MinMaxScaler new
        sklearn.preprocessing._data Normalizer new
        sklearn.preprocessing._data PowerTransformer new
        sklearn.preprocessing._data QuantileTransformer new
        sklearn.preprocessing._data RobustScaler new
        sklearn.preprocessing._data StandardScaler new
        sklearn.preprocessing._discretization KBinsDiscretizer new
        sklearn.preprocessing._encoders OneHotEncoder new
        sklearn.preprocessing._encoders OrdinalEncoder new
        sklearn.preprocessing._function_transformer FunctionTransformer new
        sklearn.preprocessing._label LabelBinarizer new
        sklearn.preprocessing._label LabelEncoder new
        sklearn.preprocessing._label MultiLabelBinarizer new
        sklearn.preprocessing._polynomial PolynomialFeatures new
        sklearn.preprocessing._polynomial SplineTransformer new
        sklearn.preprocessing._target_encoder TargetEncoder new
        sklearn.random_projection GaussianRandomProjection new
        sklearn.random_projection SparseRandomProjection new
        sklearn.semi_supervised._label_propagation LabelPropagation new
        sklearn.svm._classes LinearSVC new
        sklearn.svm._classes LinearSVR new
        sklearn.svm._classes NuSVC new
        sklearn.svm._classes OneClassSVM new
        sklearn.svm._classes SVC new
        sklearn.svm._classes SVR new
        sklearn.tree._classes DecisionTreeClassifier new
        sklearn.tree._classes DecisionTreeRegressor new
        sklearn.tree._classes ExtraTreeClassifier new
        sklearn.tree._classes ExtraTreeRegressor new
        sklearn.tree._tree Tree
        sklearn.utils._bunch Bunch new
        torch BFloat16Storage new
        torch BoolStorage new
        torch ByteStorage new
        torch CharStorage new
        torch ComplexDoubleStorage new
        torch ComplexFloatStorage new
        torch DoubleStorage new
        torch FloatStorage new
        torch HalfStorage new
        torch IntStorage new
        torch LongStorage new
        torch ShortStorage new
        torch Size
        torch._utils _rebuild_parameter
        torch._utils _rebuild_tensor_v2
        torch.nn.functional relu new
        torch.nn.modules.activation ELU new
        torch.nn.modules.activation GELU new
        torch.nn.modules.activation Hardswish new
        torch.nn.modules.activation LeakyReLU new
        torch.nn.modules.activation LogSoftmax new
        torch.nn.modules.activation MultiheadAttention new
        torch.nn.modules.activation PReLU new
        torch.nn.modules.activation ReLU new
        torch.nn.modules.activation ReLU6 new
        torch.nn.modules.activation SiLU new
        torch.nn.modules.activation Sigmoid new
        torch.nn.modules.activation Softmax new
        torch.nn.modules.activation Softplus new
        torch.nn.modules.activation Tanh new
        torch.nn.modules.batchnorm BatchNorm1d new
        torch.nn.modules.batchnorm BatchNorm2d new
        torch.nn.modules.container ModuleDict new
        torch.nn.modules.container ModuleList new
        torch.nn.modules.container Sequential new
        torch.nn.modules.conv Conv1d new
        torch.nn.modules.conv Conv2d new
        torch.nn.modules.conv Conv3d new
        torch.nn.modules.conv ConvTranspose2d new
        torch.nn.modules.dropout Dropout new
        torch.nn.modules.dropout Dropout2d new
        torch.nn.modules.flatten Flatten new
        torch.nn.modules.flatten Unflatten new
        torch.nn.modules.instancenorm InstanceNorm2d new
        torch.nn.modules.linear Identity new
        torch.nn.modules.linear Linear new
        torch.nn.modules.linear NonDynamicallyQuantizableLinear new
        torch.nn.modules.loss BCEWithLogitsLoss new
        torch.nn.modules.loss CrossEntropyLoss new
        torch.nn.modules.loss MSELoss new
        torch.nn.modules.normalization GroupNorm new
        torch.nn.modules.normalization LayerNorm new
        torch.nn.modules.pooling AdaptiveAvgPool1d new
        torch.nn.modules.pooling AdaptiveAvgPool2d new
        torch.nn.modules.pooling AvgPool2d new
        torch.nn.modules.pooling MaxPool1d new
        torch.nn.modules.pooling MaxPool2d new
        torch.nn.modules.rnn GRU new
        torch.nn.modules.rnn LSTM new
        torch.nn.modules.rnn RNN new
        torch.nn.modules.sparse Embedding new
        torch.nn.modules.transformer TransformerEncoder new
        torch.nn.modules.transformer TransformerEncoderLayer new
        torch.nn.modules.upsampling Upsample new
        torch.storage _load_from_bytes
        xgboost.core Booster new
        xgboost.sklearn XGBClassifier new
        xgboost.sklearn XGBRFClassifier new
        xgboost.sklearn XGBRanker new
        xgboost.sklearn XGBRegressor new

        """
}

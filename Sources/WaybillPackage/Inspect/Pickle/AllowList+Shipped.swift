extension AllowList {
    /// What models of scikit-learn, numpy, scipy, joblib, XGBoost, LightGBM and torch import; `manifests/allow/models.txt`.
    package static let shipped: AllowList = {
        // A test reads the same text, so that it is never broken here.
        (try? AllowList(parsing: shippedText, file: "manifests/allow/models.txt")) ?? AllowList()
    }()

    package static let shippedText = ""
}

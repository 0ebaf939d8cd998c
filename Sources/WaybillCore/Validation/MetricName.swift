/// Every metric that Waybill computes; the raw value is how manifests and reports name it. `docs/metrics.md` has the formulas.
package enum MetricName: String, CaseIterable, Hashable, Sendable {
    case accuracy
    case balancedAccuracy
    case precision
    case precisionMacro
    case precisionMicro
    case precisionWeighted
    case recall
    case recallMacro
    case recallMicro
    case recallWeighted
    case f1
    case f1Macro
    case f1Micro
    case f1Weighted
    case rocAuc
    case rocAucMacro
    case rocAucWeighted
    case prAuc
    case logLoss
    case brier
    case calibrationError
    case mse
    case rmse
    case mae
    case mape
    case r2
    case quantileLoss

    /// The metric of that exact name.
    /// - Throws: `InvalidInput` with the nearest name, also for what other libraries call it, or with all names.
    package static func parse(_ text: String) throws(InvalidInput) -> MetricName {
        if let known = MetricName(rawValue: text) { return known }
        let near = recognised(text)?.rawValue ?? Suggestion.nearest(to: text, in: allCases.map(\.rawValue))
        let hint =
            near.map { "did you mean '\($0)'?" } ?? "known are \(allCases.map(\.rawValue).joined(separator: ", "))"
        throw InvalidInput("\(text.quotedForMessage) is not a metric; \(hint)")
    }

    /// What `text` means when it is another library's name for one of ours, whatever its case and its separators: `roc_auc`,
    /// `Average-Precision`, `neg_log_loss`. For claims that people brought along; a manifest's own fields take exact names only.
    package static func recognised(_ text: String) -> MetricName? {
        let key = plain(text)
        return allCases.first { plain($0.rawValue) == key } ?? synonyms[key]
    }

    private static func plain(_ text: String) -> String {
        let kept = text.utf8.filter { (48...57).contains($0) || (97...122).contains($0 | 0x20) }.map { $0 | 0x20 }
        let plain = String(decoding: kept, as: UTF8.self)
        return plain.hasPrefix("neg") ? String(plain.dropFirst(3)) : plain
    }

    private static let synonyms: [String: MetricName] = [
        "acc": .accuracy, "accuracyscore": .accuracy, "balancedaccuracyscore": .balancedAccuracy,
        "ppv": .precision, "precisionscore": .precision, "sensitivity": .recall, "tpr": .recall,
        "recallscore": .recall, "fscore": .f1, "f1score": .f1, "fmeasure": .f1,
        "auc": .rocAuc, "auroc": .rocAuc, "rocaucscore": .rocAuc, "rocaucovr": .rocAucMacro,
        "rocaucovrweighted": .rocAucWeighted, "ap": .prAuc, "auprc": .prAuc, "aucpr": .prAuc,
        "averageprecision": .prAuc, "averageprecisionscore": .prAuc,
        "crossentropy": .logLoss, "brierscore": .brier, "brierscoreloss": .brier,
        "ece": .calibrationError, "expectedcalibrationerror": .calibrationError,
        "meansquarederror": .mse, "rootmeansquarederror": .rmse, "meanabsoluteerror": .mae,
        "meanabsolutepercentageerror": .mape, "r2score": .r2, "rsquared": .r2,
        "pinball": .quantileLoss, "pinballloss": .quantileLoss, "meanpinballloss": .quantileLoss,
    ]
}

import WaybillCore

/// One of precision, recall and F1.
enum RetrievalScore {
    case precision
    case recall
    case f1

    /// Of counts; 0 where nothing is divided by nothing, as scikit-learn has it.
    func value(hits: Double, predicted: Double, support: Double) -> Double {
        let (numerator, denominator) =
            switch self {
            case .precision: (hits, predicted)
            case .recall: (hits, support)
            case .f1: (2 * hits, predicted + support)
            }
        return denominator == 0 ? 0 : numerator / denominator
    }
}

/// How one number is made of one for each label.
enum LabelAverage {
    case binary
    case macro
    case micro
    case weighted
}

extension MetricName {
    /// What a metric of labels computes; nil for accuracy, balanced accuracy and metrics of other columns.
    var retrieval: (score: RetrievalScore, average: LabelAverage)? {
        switch self {
        case .precision: (.precision, .binary)
        case .precisionMacro: (.precision, .macro)
        case .precisionMicro: (.precision, .micro)
        case .precisionWeighted: (.precision, .weighted)
        case .recall: (.recall, .binary)
        case .recallMacro: (.recall, .macro)
        case .recallMicro: (.recall, .micro)
        case .recallWeighted: (.recall, .weighted)
        case .f1: (.f1, .binary)
        case .f1Macro: (.f1, .macro)
        case .f1Micro: (.f1, .micro)
        case .f1Weighted: (.f1, .weighted)
        case .accuracy, .balancedAccuracy, .rocAuc, .rocAucMacro, .rocAucWeighted, .prAuc, .logLoss, .brier,
            .calibrationError, .mse, .rmse, .mae, .mape, .r2, .quantileLoss:
            nil
        }
    }
}

extension Metric {
    func measureLabels(_ truth: Labels, _ predicted: Labels) throws(MetricFailure) -> Measurement {
        let counts = try ClassCounts(truth: truth, predicted: predicted)
        guard let (score, average) = name.retrieval else {
            return name == .accuracy ? counts.accuracy : counts.balancedAccuracy
        }
        return try counts.measure(score, average, positive: positive)
    }
}

extension ClassCounts {
    var accuracy: Measurement {
        Measurement(value: Double(hits.reduce(0, +)) / Double(total), count: total)
    }

    /// The mean recall of the labels that are true somewhere.
    var balancedAccuracy: Measurement {
        let present = names.indices.filter { support[$0] > 0 }
        let recalls = present.map { Double(hits[$0]) / Double(support[$0]) }
        let unknown = names.indices.filter { support[$0] == 0 }.map { names[$0] }
        return Measurement(
            value: sum(recalls) / Double(recalls.count), count: total,
            warnings: unknown.isEmpty ? [] : [.neverTrue(labels: unknown.sorted())])
    }

    func measure(
        _ score: RetrievalScore, _ average: LabelAverage, positive: String
    ) throws(MetricFailure) -> Measurement {
        let places = average == .binary ? [try place(of: positive)] : Array(names.indices)
        let values = places.map { place in
            score.value(
                hits: Double(hits[place]), predicted: Double(predicted[place]), support: Double(support[place]))
        }
        let value: Double =
            switch average {
            case .binary: values[0]
            case .macro: sum(values) / Double(values.count)
            case .weighted: sum(zip(values, places).map { $0 * Double(support[$1]) }) / Double(total)
            // Every row has one label and one prediction: whatever is not found is found wrongly.
            case .micro: accuracy.value
            }
        return Measurement(value: value, count: total, warnings: average == .micro ? [] : warnings(score, places))
    }

    private func warnings(_ score: RetrievalScore, _ places: [Int]) -> [MetricWarning] {
        switch score {
        case .precision:
            let labels = places.filter { predicted[$0] == 0 }.map { names[$0] }.sorted()
            return labels.isEmpty ? [] : [.neverPredicted(labels: labels)]
        case .recall:
            let labels = places.filter { support[$0] == 0 }.map { names[$0] }.sorted()
            return labels.isEmpty ? [] : [.neverTrue(labels: labels)]
        // A label that occurs is true or predicted.
        case .f1: return []
        }
    }

    private func place(of positive: String) throws(MetricFailure) -> Int {
        guard names.count <= 2 else { throw .notBinary(labels: names.count) }
        guard let place = names.firstIndex(where: { $0.utf8.elementsEqual(positive.utf8) }) else {
            throw .unknownPositive(positive, labels: names.sorted())
        }
        return place
    }
}

/// What a metric is computed from, beside the truth.
package enum MetricInputKind: String, Hashable, Sendable {
    /// Labels, and the labels that were predicted.
    case labels
    /// Labels, and a number that is higher the likelier the positive label is; of any scale.
    case scores
    /// Labels, and probabilities from 0 to 1: of the positive label, or of every class.
    case probabilities
    /// Numbers, and the numbers that were predicted.
    case numbers
}

package enum MetricDirection: String, Hashable, Sendable {
    case higherIsBetter
    case lowerIsBetter

    /// `value` turned so that more is better.
    package func oriented(_ value: Double) -> Double { self == .higherIsBetter ? value : -value }
}

/// What a metric takes beside its columns.
package enum MetricParameter: String, Hashable, Sendable {
    /// The label that counts as found.
    case positive
    /// The quantile that is predicted, between 0 and 1.
    case alpha
}

extension MetricName {
    package var input: MetricInputKind {
        switch self {
        case .accuracy, .balancedAccuracy, .precision, .precisionMacro, .precisionMicro, .precisionWeighted, .recall,
            .recallMacro, .recallMicro, .recallWeighted, .f1, .f1Macro, .f1Micro, .f1Weighted:
            .labels
        case .rocAuc, .prAuc: .scores
        case .rocAucMacro, .rocAucWeighted, .logLoss, .brier, .calibrationError: .probabilities
        case .mse, .rmse, .mae, .mape, .r2, .quantileLoss: .numbers
        }
    }

    package var direction: MetricDirection {
        switch self {
        case .logLoss, .brier, .calibrationError, .mse, .rmse, .mae, .mape, .quantileLoss: .lowerIsBetter
        case .accuracy, .balancedAccuracy, .precision, .precisionMacro, .precisionMicro, .precisionWeighted, .recall,
            .recallMacro, .recallMicro, .recallWeighted, .f1, .f1Macro, .f1Micro, .f1Weighted, .rocAuc, .rocAucMacro,
            .rocAucWeighted, .prAuc, .r2:
            .higherIsBetter
        }
    }

    /// Every value that it can have; the ends may be infinite, which no value ever is.
    package var range: ClosedRange<Double> {
        switch self {
        case .mse, .rmse, .mae, .mape, .quantileLoss, .logLoss: 0...Double.infinity
        case .r2: -Double.infinity...1
        // Of three classes and more: the sum over all of them.
        case .brier: 0...2
        case .accuracy, .balancedAccuracy, .precision, .precisionMacro, .precisionMicro, .precisionWeighted, .recall,
            .recallMacro, .recallMicro, .recallWeighted, .f1, .f1Macro, .f1Micro, .f1Weighted, .rocAuc, .rocAucMacro,
            .rocAucWeighted, .prAuc, .calibrationError:
            0...1
        }
    }

    /// In the order of the documentation. `positive` is for one column of scores or probabilities, and for averages of one label.
    package var parameters: [MetricParameter] {
        switch self {
        case .precision, .recall, .f1, .rocAuc, .prAuc, .logLoss, .brier, .calibrationError: [.positive]
        case .quantileLoss: [.alpha]
        case .accuracy, .balancedAccuracy, .precisionMacro, .precisionMicro, .precisionWeighted, .recallMacro,
            .recallMicro, .recallWeighted, .f1Macro, .f1Micro, .f1Weighted, .rocAucMacro, .rocAucWeighted, .mse, .rmse,
            .mae, .mape, .r2:
            []
        }
    }

    /// It is the mean of one number for each row, so that its error has a closed form.
    package var isMeanOfRows: Bool {
        switch self {
        case .accuracy, .logLoss, .brier, .mse, .mae, .mape, .quantileLoss: true
        case .balancedAccuracy, .precision, .precisionMacro, .precisionMicro, .precisionWeighted, .recall, .recallMacro,
            .recallMicro, .recallWeighted, .f1, .f1Macro, .f1Micro, .f1Weighted, .rocAuc, .rocAucMacro, .rocAucWeighted,
            .prAuc, .calibrationError, .rmse, .r2:
            false
        }
    }
}

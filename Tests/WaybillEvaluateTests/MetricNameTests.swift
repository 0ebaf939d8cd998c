import Testing
import WaybillCore
import WaybillEvaluate

@Suite struct MetricNameTests {
    @Test func `a metric is found by its exact name`() throws {
        for name in MetricName.allCases { #expect(try MetricName.parse(name.rawValue) == name) }
    }

    @Test(arguments: [
        ("acuracy", "'acuracy' is not a metric; did you mean 'accuracy'?"),
        ("auc", "'auc' is not a metric; did you mean 'rocAuc'?"),
        ("roc_auc_ovr_weighted", "'roc_auc_ovr_weighted' is not a metric; did you mean 'rocAucWeighted'?"),
        ("neg_log_loss", "'neg_log_loss' is not a metric; did you mean 'logLoss'?"),
        ("F1", "'F1' is not a metric; did you mean 'f1'?"),
        ("ECE", "'ECE' is not a metric; did you mean 'calibrationError'?"),
        ("r3", "'r3' is not a metric; did you mean 'r2'?"),
    ])
    func `a misspelt metric names the nearest`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try MetricName.parse(text) }
    }

    @Test func `a word that is near none lists them all`() throws {
        let error = try #require(throws: InvalidInput.self) { try MetricName.parse("goodness") }
        #expect(error.message.hasPrefix("'goodness' is not a metric; known are accuracy, balancedAccuracy, precision,"))
        #expect(error.message.hasSuffix("r2, quantileLoss"))
    }

    @Test func `names of other libraries are recognised in claims, others are not`() {
        #expect(MetricName.recognised("roc_auc") == .rocAuc)
        #expect(MetricName.recognised("Mean Squared Error") == .mse)
        #expect(MetricName.recognised("f1-macro") == .f1Macro)
        #expect(MetricName.recognised("neg_root_mean_squared_error") == .rmse)
        #expect(MetricName.recognised("latency") == nil)
        #expect(MetricName.recognised("") == nil)
    }
}

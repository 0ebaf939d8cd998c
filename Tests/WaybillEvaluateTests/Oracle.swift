import Foundation
import Testing
import WaybillCore
import WaybillEvaluate
import WaybillTestSupport

/// scikit-learn beside: cases and what it makes of them, from one process.
enum Oracle {
    /// The lines that the script writes, each decoded.
    static func run<Row: Decodable>(_ script: String, _ arguments: [String], as type: Row.Type) async throws -> [Row] {
        let python = try await PythonSuite.environment(lock: PythonSuite.modelLibraries).appending(path: "bin/python")
            .path
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Oracle/\(script)").path
        let run = try ChildProgram.runNow(
            [python, path] + arguments, environment: ["OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"])
        try #require(run.status == 0, "\(run.errors)")
        return try run.output.split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }

    static func isClose(_ ours: Double, _ theirs: Double, within tolerance: Double = 1e-9) -> Bool {
        abs(ours - theirs) <= tolerance * max(1, abs(theirs))
    }
}

/// One case of `metrics.py`.
struct MetricCase: Decodable {
    var truth: [String]?
    var labels: [String]?
    var scores: [Double]?
    var negated: [Double]?
    var negatedRocAuc: Double?
    var classes: [String]?
    var probabilities: [[Double]]?
    var truthNumbers: [Double]?
    var numbers: [Double]?
    var alpha: Double?
    var weights: [Int]
    var expected: [String: Double?]
    var weighted: [String: Double?]

    func input() -> MetricInput {
        if let truthNumbers, let numbers {
            return MetricInput(truth: NumberColumn(truthNumbers), predicted: NumberColumn(numbers))
        }
        var input = MetricInput(truth: Labels(truth ?? []), predictedLabels: labels.map { Labels($0) })
        if let scores { input.scores = .positive(NumberColumn(scores)) }
        if let classes, let probabilities { input.scores = .classes(classes, probabilities.map { NumberColumn($0) }) }
        return input
    }

    func metric(_ name: String) throws -> Metric {
        try Metric(.parse(name), alpha: name == "quantileLoss" ? alpha : nil)
    }
}

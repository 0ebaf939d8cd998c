import Dispatch
import Foundation
import Glibc
import WaybillCore
import WaybillEvaluate

/// `bench-evaluate FOLDER ROUNDS`: each metric over the columns that `run.py` wrote into the folder; one JSON object: for each its value and the
/// milliseconds of the rounds' median, and the peak memory.
///
/// `bench-evaluate FOLDER read`: reading the folder's `set.csv`.
struct BenchEvaluate {
    let folder: String

    func numbers(_ name: String) throws -> NumberColumn {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/\(name).f64"))
        return NumberColumn(data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) })
    }

    func labels(_ name: String, _ classes: Int) throws -> Labels {
        let data = try Data(contentsOf: URL(filePath: "\(folder)/\(name).i32"))
        return Labels(
            codes: data.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }, names: (0..<classes).map(String.init))
    }

    func input(_ metric: MetricName) throws -> MetricInput {
        switch metric {
        case .mse, .rmse, .mae, .mape, .r2, .quantileLoss:
            return MetricInput(truth: try numbers("value"), predicted: try numbers("predicted"))
        case .precision, .recall, .f1:
            return MetricInput(truth: try labels("binary", 2), predictedLabels: try labels("found", 2))
        case .accuracy, .balancedAccuracy, .precisionMacro, .precisionMicro, .precisionWeighted, .recallMacro,
            .recallMicro, .recallWeighted, .f1Macro, .f1Micro, .f1Weighted:
            return MetricInput(truth: try labels("class", 3), predictedLabels: try labels("chosen", 3))
        case .rocAuc, .prAuc, .logLoss, .brier, .calibrationError:
            return MetricInput(truth: try labels("binary", 2), scores: .positive(try numbers("score")))
        case .rocAucMacro, .rocAucWeighted:
            let columns = try (0..<3).map { try numbers("probability\($0)") }
            return MetricInput(truth: try labels("class", 3), scores: .classes(["0", "1", "2"], columns))
        }
    }

    func measure(rounds: Int) throws {
        var rows: [String] = []
        for name in MetricName.allCases {
            let input = try input(name)
            var times: [Double] = []
            var value = 0.0
            for _ in 0..<rounds {
                let begin = DispatchTime.now().uptimeNanoseconds
                value = try Metric.usual(name).measure(input).value
                times.append(Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6)
            }
            rows.append("\"\(name.rawValue)\": [\(value), \(times.sorted()[rounds / 2])]")
        }
        print("{\(rows.joined(separator: ", ")), \"resident_mb\": \(Self.peak)}")
    }

    func read() throws {
        let begin = DispatchTime.now().uptimeNanoseconds
        let set = try LabelledSet.read(
            path: "\(folder)/set.csv",
            columns: [.init("truth", .label), .init("score", .number), .init("town", .text), .init("value", .number)])
        let spent = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
        print("{\"rows\": \(set.rowCount), \"ms\": \(spent), \"resident_mb\": \(Self.peak)}")
    }

    /// The most memory that this process ever had, in MB.
    static var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss / 1024
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    print("usage: bench-evaluate FOLDER ROUNDS|read")
    exit(64)
}
let bench = BenchEvaluate(folder: arguments[1])
if let rounds = Int(arguments[2]), rounds > 0 { try bench.measure(rounds: rounds) } else { try bench.read() }

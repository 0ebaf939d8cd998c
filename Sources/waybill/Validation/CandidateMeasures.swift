import Foundation
import WaybillCore
import WaybillEvaluate
import WaybillPackage

/// Measures what gates ask of a started candidate. What several gates need is asked once.
struct CandidateMeasures: Sendable {
    let run: ValidationRun
    let candidate: any CandidatePort
    /// All gates that ask it.
    let gates: [Gate]
    private var answered: [Asked: Predictions] = [:]

    /// Rows by the name of their data, and what their target is read as.
    private struct Asked: Hashable {
        var data: String
        var isNumbers: Bool
    }

    init(run: ValidationRun, candidate: any CandidatePort, gates: [Gate]) {
        (self.run, self.candidate, self.gates) = (run, candidate, gates)
    }

    /// A failure is the gate's result.
    mutating func ask(_ gate: Gate) async -> GateResult {
        do throws(Failure) {
            switch gate.check {
            case .golden(let golden): return try await ask(gate, golden)
            case .metric(let check): return try await ask(gate, check)
            default: return GateResult(gate: gate, measured: .nothing("it asks no candidate"))
            }
        } catch { return GateResult(gate: gate, measured: .nothing(error.message)) }
    }

    private func ask(_ gate: Gate, _ golden: GoldenCheck) async throws(Failure) -> GateResult {
        let bytes = try await bytes(of: golden.requests, named: gate.name, limit: GoldenRequests.largest)
        let requests: GoldenRequests
        do throws(InvalidInput) { requests = try GoldenRequests(parsing: bytes) } catch {
            throw Failure(
                .stall, reason: "GoldenBroken", message: "\(golden.requests.source.description): \(error.message)")
        }
        let answers = try await requests.measure(candidate, golden.tolerances)
        return GateResult(gate: gate, measured: .golden(answers), inputs: ["requests": golden.requests.digest])
    }

    private mutating func ask(_ gate: Gate, _ check: MetricCheck) async throws(Failure) -> GateResult {
        guard let data = run.subject.checklist.rules.data(named: check.data) else {
            throw Failure(.stall, reason: "DataMissing", message: "the checklist has no data '\(check.data)'")
        }
        let asked = Asked(data: check.data, isNumbers: check.metric.input == .numbers)
        let predictions: Predictions
        if let known = answered[asked] { predictions = known } else { predictions = try await ask(data, asked) }
        answered[asked] = predictions
        let claims = run.subject.version.metrics.filter { MetricName.recognised($0.key) == check.metric }
        let value = check.measure(
            try predictions.input(for: check), data, claimed: claims.count == 1 ? claims.first?.value : nil)
        return GateResult(gate: gate, measured: .metric(value), inputs: [check.data: data.file.digest])
    }

    /// Asks the rows for every output that some gate wants of them.
    private func ask(_ data: LabelledData, _ asked: Asked) async throws(Failure) -> Predictions {
        var wanted: [String] = []
        for case .metric(let check) in gates.map(\.check) where check.data == asked.data {
            let name = check.output ?? run.subject.version.outputs.first?.name
            if let name, !wanted.contains(name) { wanted.append(name) }
        }
        let path = try await run.intake.bring(
            data: data.file, named: data.name.text, for: run.subject.version.id, at: run.subject.commit)
        let questions = try LabelledQuestions(
            data, at: path, for: run.subject.version, target: asked.isNumbers ? .number : .label)
        return try await Predictions(asking: candidate, questions, outputs: wanted) { done, total in
            run.progress("asking \(data.name) (\(done) of \(total) rows)")
        }
    }

    /// Data by its digest, from wherever it is.
    private func bytes(of file: DataFile, named name: String, limit: Int) async throws(Failure) -> [UInt8] {
        guard file.size <= limit else {
            throw Failure(
                .stall, reason: "DataTooLarge",
                message: "\(file.source.description) has \(file.size) bytes, more than the \(limit) that are read")
        }
        let path = try await run.intake.bring(
            data: file, named: name, for: run.subject.version.id, at: run.subject.commit)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.retry, reason: "DataUnreadable", message: "\(path): cannot be read")
        }
        return [UInt8](data)
    }
}

import Foundation
import WaybillCore
import WaybillEvaluate
import WaybillPackage

/// Measures what gates ask of a started candidate. What several gates need is asked once.
struct CandidateMeasures: Sendable {
    let run: ValidationRun
    let candidate: CandidateConnection
    /// All gates that ask it.
    let gates: [Gate]
    let ticket: Ticket
    private var answered: [Asked: Predictions] = [:]

    /// What serves in an environment, with its answers.
    private var served: [Asked: (version: VersionID, answers: Predictions)] = [:]

    /// Rows by the name of their data, what their target is read as, and who was asked: the candidate, or what serves somewhere.
    private struct Asked: Hashable {
        var data: String
        var isNumbers: Bool
        var environment: Name?
    }

    init(run: ValidationRun, candidate: CandidateConnection, gates: [Gate], ticket: Ticket) {
        (self.run, self.candidate, self.gates, self.ticket) = (run, candidate, gates, ticket)
    }

    /// A failure is the gate's result.
    mutating func ask(_ gate: Gate) async -> GateResult {
        do throws(Failure) {
            switch gate.check {
            case .golden(let golden): return try await ask(gate, golden)
            case .metric(let check): return try await ask(gate, check)
            case .slice(let check): return try await ask(gate, check)
            case .command(let check): return try await run.ask(gate, check, candidate, ticket: ticket)
            default: return GateResult(gate: gate, measured: .nothing("it asks no candidate"))
            }
        } catch { return GateResult(gate: gate, measured: .nothing(error.message)) }
    }

    private func ask(_ gate: Gate, _ golden: GoldenCheck) async throws(Failure) -> GateResult {
        let requests = try await run.requests(golden.requests, of: gate)
        let answers = try await requests.measure(candidate, golden.tolerances)
        return GateResult(
            gate: gate, measured: .golden(answers), inputs: ["\(gate.name)/requests": golden.requests.digest])
    }

    private mutating func ask(_ gate: Gate, _ check: MetricCheck) async throws(Failure) -> GateResult {
        let question = check.question
        let predictions = try await predictions(for: question)
        let data = predictions.questions.data
        let input = try predictions.input(for: question)
        let claims = run.subject.version.metrics.filter { MetricName.recognised($0.key) == question.metric }
        let seed = seed(of: gate, on: data)
        var value = question.measure(input, data, claimed: claims.count == 1 ? claims.first?.value : nil, seed: seed)
        var inputs = ["\(gate.name)/\(question.data)": data.file.digest]
        if let notWorse = check.notWorse, value.value != nil {
            do throws(Failure) {
                value.baseline = try await baseline(question, notWorse, input, predictions.questions, seed)
                if let version = value.baseline?.version {
                    inputs["\(gate.name)/baseline"] = await run.bundle(of: version)
                }
            } catch {
                guard error.disposition == .stall else { throw error }
                value.problem = error.message
            }
        }
        return GateResult(gate: gate, measured: .metric(value), inputs: inputs)
    }

    private mutating func ask(_ gate: Gate, _ check: SliceCheck) async throws(Failure) -> GateResult {
        let predictions = try await predictions(for: check.question)
        let data = predictions.questions.data
        guard let groups = predictions.questions.group(check.by) else {
            throw Failure(.stall, reason: "DataBroken", message: "'\(check.by)' of \(data.name) makes no groups")
        }
        let input = try predictions.input(for: check.question)
        let values: GateMeasurement.SliceValues
        do throws(MetricFailure) {
            values = try check.measure(input, by: groups, data, seed: seed(of: gate, on: data))
        } catch { throw Failure(.stall, reason: "MetricUndefined", message: error.description) }
        return GateResult(
            gate: gate, measured: .slice(values), inputs: ["\(gate.name)/\(check.question.data)": data.file.digest])
    }

    /// What is asked of what, so that the same question draws the same samples.
    private func seed(of gate: Gate, on data: LabelledData) -> Digest {
        Digest(of: "waybill.sample/1\n\(run.bundle.descriptor.digest)\n\(data.file.digest)\n\(gate.value.json)\n".utf8)
    }

    /// The candidate beside what serves, asked the same rows; nil when nothing does.
    private mutating func baseline(
        _ question: MetricQuestion, _ notWorse: MetricCheck.NotWorse, _ input: MetricInput,
        _ questions: LabelledQuestions, _ seed: Digest
    ) async throws(Failure) -> GateMeasurement.Baseline? {
        let asked = Asked(
            data: question.data, isNumbers: question.metric.input == .numbers, environment: notWorse.than)
        if served[asked] == nil { served[asked] = try await askServed(asked, notWorse.than, questions) }
        guard let (version, answers) = served[asked] else { return nil }
        let theirs = try answers.input(for: question)
        do throws(MetricFailure) {
            return try question.compare(
                input, with: theirs, of: version, questions.data, by: notWorse, seed: seed)
        } catch { throw Failure(.stall, reason: "MetricUndefined", message: error.description) }
    }

    /// Starts what serves in `environment` once more, off every route, and asks it: replicas that serve are left in peace.
    private func askServed(
        _ asked: Asked, _ environment: Name, _ questions: LabelledQuestions
    ) async throws(Failure) -> (version: VersionID, answers: Predictions)? {
        guard let (version, spec) = try await run.subject.baseline(in: environment) else { return nil }
        let wanted = outputs(of: asked.data)
        run.progress("asking \(version.id), which serves in \(environment)")
        let answered = try await run.candidates.run(
            spec, at: run.subject.commit, ticket: ticket, progress: run.progress
        ) { port in
            do throws(Failure) {
                return Result<Predictions, Failure>.success(
                    try await Predictions(asking: port, questions, outputs: wanted))
            } catch { return .failure(error) }
        }
        return (version.id, try answered.get())
    }

    /// Rows are asked once for all gates that are about them.
    private mutating func predictions(for question: MetricQuestion) async throws(Failure) -> Predictions {
        guard let data = run.subject.checklist.rules.data(named: question.data) else {
            throw Failure(.stall, reason: "DataMissing", message: "the checklist has no data '\(question.data)'")
        }
        let asked = Asked(data: question.data, isNumbers: question.metric.input == .numbers)
        if let known = answered[asked] { return known }
        let predictions = try await ask(data, asked)
        answered[asked] = predictions
        return predictions
    }

    /// Every output that some gate wants of the rows, so that they are asked once.
    private func outputs(of data: String) -> [String] {
        var wanted: [String] = []
        for question in gates.compactMap(\.check.question) where question.data == data {
            let name = question.output ?? run.subject.version.outputs.first?.name
            if let name, !wanted.contains(name) { wanted.append(name) }
        }
        return wanted
    }

    private func ask(_ data: LabelledData, _ asked: Asked) async throws(Failure) -> Predictions {
        var groups: [String] = []
        for case .slice(let slice) in gates.map(\.check) where slice.question.data == asked.data {
            if !groups.contains(slice.by) { groups.append(slice.by) }
        }
        let path = try await run.intake.bring(
            data: data.file, named: data.name.text, for: run.subject.version.id, at: run.subject.commit)
        let questions = try LabelledQuestions(
            data, at: path, for: run.subject.version, target: asked.isNumbers ? .number : .label, groups: groups)
        return try await Predictions(asking: candidate, questions, outputs: outputs(of: asked.data)) { done, total in
            run.progress("asking \(data.name) (\(done) of \(total) rows)")
        }
    }
}

extension Gate.Check {
    /// What it measures on labelled data, if it does.
    fileprivate var question: MetricQuestion? {
        switch self {
        case .metric(let check): check.question
        case .slice(let check): check.question
        case .integrity, .signed, .safeFormat, .interface, .license, .card, .golden, .command, .latency, .reproducible:
            nil
        }
    }
}

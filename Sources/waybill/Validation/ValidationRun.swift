import Foundation
import WaybillCore
import WaybillEvaluate
import WaybillPackage
import WaybillTrust

/// Asks every gate of a checklist about one version: packages it, measures what stands in the bundle, then starts a candidate for those
/// gates that ask one. Decides nothing: each measurement is judged by its gate.
struct ValidationRun: Sendable {
    let subject: ValidationSubject
    let content: ContentStore
    let bundle: StoredBundle
    let intake: ArtifactIntake
    let candidates: CandidateRunner
    let runtime: Name?
    let cache: MeasurementCache
    /// The names that pickles may import.
    let allowing: AllowList
    /// What is known of the bundle's signatures, and the rules by which they were judged.
    let signatures: @Sendable () async throws(Failure) -> (findings: [SignatureFinding], rules: AccessRules?)
    let progress: @Sendable (String) -> Void

    /// What came of it so far.
    private struct Course {
        var results: [GateResult] = []
        var skipped: [String] = []
        var cached: [String] = []
        let runAll: Bool

        var goesOn: Bool { runAll || results.allSatisfy { $0.judged.verdict == .passed } }

        mutating func take(_ result: GateResult) { results.append(result) }

        mutating func takeCached(_ result: GateResult) {
            cached.append(result.gate.name)
            results.append(result)
        }

        /// The course with `known` alone; nil when a gate is still to be asked.
        func continued(_ gates: [Gate], with known: [String: GateResult]) -> Course? {
            var course = self
            for gate in gates {
                if !course.goesOn {
                    course.skipped.append(gate.name)
                } else if let result = known[gate.name] {
                    course.takeCached(result)
                } else {
                    return nil
                }
            }
            return course
        }
    }

    /// - Throws: `Failure` for what keeps any gate from being asked, such as a full disk. What concerns one gate is its result.
    func run(ticket: Ticket) async throws(Failure) -> Evidence {
        let gates = subject.checklist.rules.ordered
        var course = Course(runAll: subject.checklist.rules.runAll)
        let inside = try await content.inside(bundle, allowing: allowing)
        for gate in gates where [.bundle, .program].contains(gate.stage) {
            guard course.goesOn else {
                course.skipped.append(gate.name)
                continue
            }
            progress(gate.name)
            if gate.stage == .bundle {
                course.take(try await ask(gate, inside))
            } else {
                try await askOnce(gate, nil, &course, ticket: ticket)
            }
        }
        let asking = gates.filter { $0.stage == .candidate }
        var used: Evidence.Runtime?
        if !asking.isEmpty, course.goesOn {
            used = try await askCandidate(asking, &course, ticket: ticket)
        } else {
            course.skipped += asking.map(\.name)
        }
        for gate in gates where [.load, .rerun].contains(gate.stage) {
            guard course.goesOn, !Task.isCancelled else {
                course.skipped.append(gate.name)
                continue
            }
            progress(gate.name)
            if gate.stage == .load {
                used = try await askUnderLoad(gate, &course, ticket: ticket) ?? used
            } else {
                try await askOnce(gate, nil, &course, ticket: ticket)
            }
        }
        var evidence = Evidence(
            version: subject.version.id, bundle: bundle.descriptor.digest, checklist: subject.checklist.name,
            rules: subject.checklist.rules.digest, runtime: used, results: course.results, skipped: course.skipped)
        evidence.cached = course.cached
        return evidence
    }

    /// A gate about the bundle itself.
    private func ask(_ gate: Gate, _ inside: BundleInside) async throws(Failure) -> GateResult {
        let measures = BundleMeasures(of: bundle, in: content, as: subject.version)
        switch gate.check {
        case .integrity: return GateResult(gate: gate, measured: try await measures.integrity())
        case .signed:
            let known = try await signatures()
            return GateResult(
                gate: gate, measured: .signed(known.findings),
                inputs: known.rules.map { ["\(gate.name)/access": $0.digest] } ?? [:])
        case .safeFormat:
            return GateResult(
                gate: gate, measured: measures.safeFormat(inside), inputs: ["\(gate.name)/allowList": allowing.digest])
        case .interface: return GateResult(gate: gate, measured: measures.interface(inside))
        case .license: return GateResult(gate: gate, measured: .license(subject.license))
        case .card: return GateResult(gate: gate, measured: try await measures.card())
        case .golden, .metric, .slice, .command, .latency, .reproducible:
            return GateResult(gate: gate, measured: .nothing("it asks more than the bundle"))
        }
    }

    /// A gate that starts something of its own, unless what it measured is known. What stalls is its result.
    private func askOnce(
        _ gate: Gate, _ spec: RevisionSpec?, _ course: inout Course, ticket: Ticket
    ) async throws(Failure) {
        let key = await cacheKey(of: gate, spec)
        if let known = key.flatMap({ cache.result(of: gate, $0) }) { return course.takeCached(known) }
        do throws(Failure) {
            let result: GateResult
            switch (gate.check, spec) {
            case (.command(let check), _): result = try await ask(gate, check, nil, ticket: ticket)
            case (.latency(let check), let spec?):
                result = try await ask(gate, check, spec, ticket: ticket)
            case (.reproducible(let check), _): result = try await ask(gate, check, ticket: ticket)
            default: result = GateResult(gate: gate, measured: .nothing("it starts nothing"))
            }
            if let key, !Task.isCancelled { cache.keep(result, key) }
            course.take(result)
        } catch {
            guard error.disposition == .stall else { throw error }
            course.take(GateResult(gate: gate, measured: .nothing(error.message)))
        }
    }

    /// A gate that starts replicas of its own, bounded, and puts load on them.
    private func askUnderLoad(
        _ gate: Gate, _ course: inout Course, ticket: Ticket
    ) async throws(Failure) -> Evidence.Runtime? {
        if let why = subject.loadRefused {
            course.take(GateResult(gate: gate, measured: .latency(LatencyValues(stopped: why))))
            return nil
        }
        do throws(Failure) {
            let spec = try await candidateSpec()
            try await askOnce(gate, spec, &course, ticket: ticket)
            return Evidence.Runtime(name: spec.runtime, digest: spec.revision.digest)
        } catch {
            guard error.disposition == .stall else { throw error }
            course.take(GateResult(gate: gate, measured: .nothing(error.message)))
            return nil
        }
    }

    /// How a candidate is run, in the protocol that gates speak.
    private func candidateSpec() async throws(Failure) -> RevisionSpec {
        let spec =
            if let candidate = subject.candidate { candidate } else {
                try await subject.spec(of: subject.version, runtime: runtime)
            }
        guard spec.protocolName == .oipV2 else { throw .unusable(spec.runtime, spec.protocolName) }
        return spec
    }

    /// Starts one candidate for all of `gates` and lets each ask it. One that cannot be started is the first gate's result.
    private func askCandidate(
        _ gates: [Gate], _ course: inout Course, ticket: Ticket
    ) async throws(Failure) -> Evidence.Runtime? {
        var used: Evidence.Runtime?
        do throws(Failure) {
            let spec = try await candidateSpec()
            used = Evidence.Runtime(name: spec.runtime, digest: spec.revision.digest)
            let before = course
            let keys = await keys(of: gates, spec)
            let known = gates.reduce(into: [:]) { found, gate in
                found[gate.name] = keys[gate.name].flatMap { cache.result(of: gate, $0) }
            }
            if let whole = before.continued(gates, with: known) {
                course = whole
                return used
            }
            course = try await candidates.run(spec, at: subject.commit, ticket: ticket, progress: progress) { port in
                await ask(gates, port, before, known, keys, ticket: ticket)
            }
        } catch {
            guard error.disposition == .stall, let first = gates.first else { throw error }
            course.take(GateResult(gate: first, measured: .nothing(error.message)))
            course.skipped += gates.dropFirst().map(\.name)
        }
        return used
    }

    private func keys(of gates: [Gate], _ spec: RevisionSpec) async -> [String: Digest] {
        var keys: [String: Digest] = [:]
        for gate in gates { keys[gate.name] = await cacheKey(of: gate, spec) }
        return keys
    }

    /// Lets each gate ask `candidate`, but for those whose result is `known`; keeps what was measured under its key.
    private func ask(
        _ gates: [Gate], _ candidate: CandidateConnection, _ before: Course, _ known: [String: GateResult],
        _ keys: [String: Digest], ticket: Ticket
    ) async -> Course {
        var course = before
        var measures = CandidateMeasures(run: self, candidate: candidate, gates: gates, ticket: ticket)
        for gate in gates {
            guard course.goesOn, !Task.isCancelled else {
                course.skipped.append(gate.name)
                continue
            }
            if let result = known[gate.name] {
                course.takeCached(result)
                continue
            }
            progress(gate.name)
            let result = await measures.ask(gate)
            if let key = keys[gate.name], !Task.isCancelled { cache.keep(result, key) }
            course.take(result)
        }
        return course
    }
}

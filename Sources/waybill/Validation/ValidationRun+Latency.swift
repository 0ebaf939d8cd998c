import Foundation
import WaybillCore
import WaybillEngine
import WaybillEvaluate
import WaybillServing

extension ValidationRun {
    /// Starts the candidate, and what serves where that is asked, each within its share of the processors, and asks both at once.
    func ask(
        _ gate: Gate, _ check: LatencyCheck, _ spec: RevisionSpec, ticket: Ticket
    ) async throws(Failure) -> GateResult {
        let requests = try await requests(check.requests, of: gate)
        let bodies = requests.items.map(\.request.jsonBytes)
        var baseline: (version: ModelVersion, spec: RevisionSpec)?
        var problem: String?
        if let notSlower = check.notSlower {
            do throws(Failure) { baseline = try await subject.baseline(in: notSlower.than) } catch {
                guard error.disposition == .stall else { throw error }
                problem = error.message
            }
        }
        let watch = await LoadWatch(subject.rotation)
        let (candidates, commit, progress, version) = (candidates, subject.commit, progress, baseline?.version.id)
        let compared = baseline.map { $0.spec.bounded(by: check.cores) }
        let outcome = try await candidates.run(
            spec.bounded(by: check.cores), at: commit, ticket: ticket, progress: progress
        ) {
            candidate -> Result<LoadTest.Outcome, Failure> in
            guard let compared else {
                progress("load on the candidate")
                return .success(await LoadTest(check, requests: bodies, ports: [candidate], watch: watch.look).run())
            }
            do throws(Failure) {
                return .success(
                    try await candidates.run(compared, at: commit, ticket: ticket, progress: progress) { other in
                        progress("load on the candidate and what serves")
                        return await LoadTest(check, requests: bodies, ports: [candidate, other], watch: watch.look)
                            .run()
                    })
            } catch { return .failure(error) }
        }
        var values = LatencyValues(version: version, problem: problem)
        switch try outcome.get() {
        case .stopped(let why): values.stopped = why
        case .answers(let answers): (values.candidate, values.baseline) = (answers.first, answers.dropFirst().first)
        }
        var inputs = ["\(gate.name)/requests": check.requests.digest]
        if let version { inputs["\(gate.name)/baseline"] = await bundle(of: version) }
        return GateResult(gate: gate, measured: .latency(values), inputs: inputs)
    }
}

extension RevisionSpec {
    /// The same replica with at most a share of the machine's processors.
    fileprivate func bounded(by share: Double) -> RevisionSpec {
        var spec = self
        let most = Int64((share * Double(ProcessInfo.processInfo.activeProcessorCount) * 1000).rounded(.down))
        spec.resources.cpuMillis = min(spec.resources.cpuMillis ?? .max, max(most, 100))
        return spec
    }
}

/// Whether what serves suffers from a load: a replica in rotation that was ready when it began is so no longer.
struct LoadWatch: Sendable {
    private let rotation: (@Sendable () async -> [ReplicaID: Bool])?
    private let before: Set<ReplicaID>

    /// `rotation` tells of each replica in rotation whether it is ready; nil where nobody knows what serves.
    init(_ rotation: (@Sendable () async -> [ReplicaID: Bool])?) async {
        self.rotation = rotation
        before = Set((await rotation?() ?? [:]).filter(\.value).keys)
    }

    /// Why the load must end, if it must.
    @Sendable func look() async -> String? {
        let now = await rotation?() ?? [:]
        let suffering = before.filter { now[$0] == false }.sorted()
        return suffering.first.map { "the load was broken off: \($0), which serves, is no longer ready" }
    }
}

import WaybillCore
import WaybillEngine
import WaybillPackage
import WaybillServing

extension ValidationRun {
    /// Runs the version's own code again, in its locked environment on its named data, and says what came out.
    ///
    /// The program sees the code of the bundle, copies of the data, and its environment; no network, and nothing else of the fleet.
    func ask(_ gate: Gate, _ check: ReproducibleCheck, ticket: Ticket) async throws(Failure)
        -> GateResult
    {
        func nothing(_ why: String) -> GateResult {
            GateResult(gate: gate, measured: .reproducible(Reproduction(problem: why)))
        }
        let version = subject.version
        if let difference = Self.difference(of: version.data, from: check.data) {
            return nothing(difference)
        }
        guard let made = version.environment else {
            return nothing("the version names no environment, so nobody knows what its code ran in")
        }
        guard let code = try await content.code(of: bundle) else {
            return nothing("the version names no code, so there is nothing to run again")
        }
        guard let lock = bundle.lockDigest else {
            return nothing("the bundle has no lock, so nobody knows what its code ran in")
        }
        var inputs = ["\(gate.name)/lock": lock]
        var copies: [String: String] = [:]
        for data in check.data {
            copies[".waybill/data/\(data.name)"] = try await intake.bring(
                data: data.file, named: data.name.text, for: version.id, at: subject.commit)
            inputs["\(gate.name)/\(data.name)"] = data.file.digest
        }
        let locked = LockedEnvironment(python: made.python, lock: made.lock, lockDigest: lock)
        progress("building the environment of \(gate.name)")
        try await candidates.environments.build(locked, at: subject.commit, ticket: ticket)
        let environment = try await candidates.environments.folder(for: locked)
        progress(gate.name)
        let command = SandboxedCommand(
            key: ValidationSubject.candidateKey(of: version.id.model),
            revision: Revision(bundle.descriptor.digest),
            serial: UInt64.random(in: 1...UInt64(Int32.max)), version: version.id, run: check.run,
            files: code,
            copies: copies, timeout: check.timeout, memory: check.memory, outputSize: 0,
            environment: environment,
            collects: check.output
        ) { _ in [] }
        switch try await candidates.run(command, ticket: ticket) {
        case .failed(let why): return GateResult(gate: gate, measured: .nothing(why), inputs: inputs)
        case .answered:
            return GateResult(
                gate: gate, measured: .nothing("what it gave was not collected"), inputs: inputs)
        case .gave(let files):
            return GateResult(gate: gate, measured: measured(check, files), inputs: inputs)
        }
    }

    /// What the code gave beside what the version says.
    private func measured(_ check: ReproducibleCheck, _ files: [CollectedFile]) -> GateMeasurement {
        var came = Reproduction()
        if check.givesWeights {
            let found = Dictionary(
                files.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
            came.files = subject.version.weights.map {
                .init(path: $0.path, expected: $0.digest, found: found[$0.path])
            }
        }
        guard let metric = check.metric else { return .reproducible(came) }
        came.stated = subject.version.metrics[metric.name]
        let name = ReproducibleCheck.metricsFile
        guard let file = files.first(where: { $0.path == name }) else { return .reproducible(came) }
        guard let bytes = file.bytes else {
            return .nothing("\(name) has more than \(CollectedFile.small >> 10) KiB")
        }
        do throws(InvalidInput) { came.found = try Reproduction.metric(metric.name, in: bytes) } catch {
            return .nothing(error.message)
        }
        return .reproducible(came)
    }

    /// How the data that the gate gives is not what the version names; nil when it is.
    private static func difference(of named: [Dataset], from given: [ReproducibleCheck.Data])
        -> String?
    {
        let digests = Dictionary(
            given.map { ($0.name, $0.file.digest) }, uniquingKeysWith: { first, _ in first })
        for data in named {
            guard let digest = digests[data.name] else {
                return
                    "the version was made with the data '\(data.name)', and the gate does not say where that is"
            }
            if digest != data.digest {
                return
                    "the version was made with \(data.digest) as '\(data.name)', and the gate gives \(digest)"
            }
        }
        guard let other = given.first(where: { data in !named.contains { $0.name == data.name } })
        else { return nil }
        return "the version names no data '\(other.name)'"
    }
}

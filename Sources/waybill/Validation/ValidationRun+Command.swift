import WaybillCore
import WaybillEngine
import WaybillPackage
import WaybillServing

extension ValidationRun {
    /// The files of a team's program as the commit has them, and the digest of all of them.
    struct ProgramCode: Sendable {
        var files: [String: [UInt8]]
        var digest: Digest

        init(_ files: [String: [UInt8]]) {
            self.files = files
            let lines = files.sorted { $0.key < $1.key }.map { "\(Digest(of: $0.value)) \($0.key)\n" }
            digest = Digest(of: "waybill.code/1\n\(lines.joined())".utf8)
        }
    }

    /// Bytes of one file of a program.
    private static let largestFile = 8 << 20

    /// - Throws: `CodeMissing`, stalling, for a file that the commit does not have.
    func code(of check: CommandCheck) async throws(Failure) -> ProgramCode {
        var files: [String: [UInt8]] = [:]
        for path in check.files {
            guard let file = try await subject.tree.file(path, at: subject.commit) else {
                throw Failure(
                    .stall, reason: "CodeMissing", message: "\(path): there is no such file in the repository")
            }
            files[path] = try await subject.tree.read([file.blob], limit: Self.largestFile).first ?? []
        }
        return ProgramCode(files)
    }

    /// Runs a team's program in its sandbox and reads what it answers; what it may use is what the gate says.
    func ask(
        _ gate: Gate, _ check: CommandCheck, _ candidate: CandidateConnection?, ticket: Ticket
    ) async throws(Failure) -> GateResult {
        let code = try await code(of: check)
        var inputs = ["\(gate.name)/code": code.digest]
        var copies: [String: String] = [:]
        for name in check.data {
            guard let data = subject.checklist.rules.data(named: name) else {
                throw Failure(.stall, reason: "DataMissing", message: "the checklist has no data '\(name)'")
            }
            copies[Self.place(of: name)] = try await intake.bring(
                data: data.file, named: name, for: subject.version.id, at: subject.commit)
            inputs["\(gate.name)/\(name)"] = data.file.digest
        }
        let version = subject.version
        try await candidates.models.stage(
            version.artifacts, of: version.id, manifest: version, at: subject.commit, ticket: ticket)
        let model = candidates.models.folder(for: version.artifacts)
        let bundle = bundle.descriptor.digest
        let command = SandboxedCommand(
            key: ValidationSubject.candidateKey(of: version.id.model), revision: Revision(code.digest),
            serial: UInt64.random(in: 1...UInt64(Int32.max)), version: version.id, run: check.run, files: code.files,
            copies: copies, readable: [model], isolation: check.isolation, hasNetwork: check.network == .host,
            timeout: check.timeout, memory: check.memory, outputSize: CommandAnswer.longest + 1
        ) { work in
            CommandQuestion(
                version: version, bundle: bundle, model: model,
                data: check.data.map { ($0, "\(work)/\(Self.place(of: $0))") },
                candidate: candidate
            ).value.jsonBytes
        }
        switch try await candidates.run(command, ticket: ticket) {
        case .failed(let why): return GateResult(gate: gate, measured: .nothing(why), inputs: inputs)
        case .gave: return GateResult(gate: gate, measured: .nothing("it was asked for an answer"), inputs: inputs)
        case .answered(let bytes):
            do throws(InvalidInput) {
                return GateResult(gate: gate, measured: .command(try CommandAnswer(parsing: bytes)), inputs: inputs)
            } catch {
                return GateResult(
                    gate: gate, measured: .nothing("the program's answer cannot be read: \(error.message)"),
                    inputs: inputs)
            }
        }
    }

    private static func place(of data: String) -> String { ".waybill/data/\(data)" }
}

/// What a team's program reads from its standard input.
struct CommandQuestion {
    static let schema = "waybill.command/1"

    var version: ModelVersion
    var bundle: Digest
    /// The folder with the model's files, by the paths of the manifest.
    var model: String
    var data: [(name: String, path: String)]
    var candidate: CandidateConnection?

    var value: Value {
        var places: Members = [:]
        for item in data { places[item.name] = .string(item.path) }
        var members: Members = [
            "schema": .string(Self.schema), "version": .string(version.id.description),
            "format": .string(version.format),
            "bundle": ["digest": .string(bundle.description), "folder": .string(model)],
            "files": .list(version.artifacts.map { Value.string($0.path) }), "data": .object(places),
        ]
        if let candidate {
            members["candidate"] = [
                "url": .string("http://127.0.0.1:\(candidate.port)"), "model": .string(candidate.spec.key.name.text),
            ]
        }
        return .object(members)
    }
}

import WaybillCore
import WaybillEvaluate
import WaybillManifest

/// Whether the data that a fleet's checklists measure on is what they say: there, with its digest, and with the columns that they name.
/// For commands, before a merge; of files in the repository only.
struct DataCheck: Sendable {
    let tree: any FleetTree
    let loader: FleetLoader
    let commit: CommitID

    /// Bytes of the longest file that is looked into.
    private static let limit = 256 << 20

    func problems(of state: DesiredState) async throws(Failure) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for resource in state.resources.values.sorted(by: { $0.location < $1.location }) {
            guard case .checklist(let checklist) = resource.spec else { continue }
            for (index, data) in checklist.data.enumerated() {
                let field: [FieldStep] = [.member("spec"), .member("data"), .index(index)]
                if let problem = try await problem(of: data.file, { Self.columnProblem(of: data, $0) }) {
                    found += try await diagnostics(of: resource, field + problem.field, problem)
                }
            }
            for (index, gate) in checklist.gates.enumerated() {
                let field: [FieldStep] = [
                    .member("spec"), .member("gates"), .index(index), .member(gate.kind.rawValue),
                ]
                for problem in try await problems(of: gate) {
                    found += try await diagnostics(of: resource, field + problem.field, problem)
                }
            }
        }
        return found
    }

    /// A field below the file's entry and what is wrong with it.
    private struct Problem {
        var field: [FieldStep]
        var rule: DiagnosticRule
        var message: String
        var hint: String?
    }

    private func problems(of gate: Gate) async throws(Failure) -> [Problem] {
        let requests: DataFile
        switch gate.check {
        case .golden(let golden): requests = golden.requests
        case .latency(let latency): requests = latency.requests
        case .command(let command): return try await missingCode(of: command)
        case .reproducible(let check): return try await brokenData(of: check)
        default: return []
        }
        guard var problem = try await problem(of: requests, Self.requestProblem) else { return [] }
        problem.field = [.member("requests")] + problem.field
        return [problem]
    }

    private func missingCode(of command: CommandCheck) async throws(Failure) -> [Problem] {
        var found: [Problem] = []
        for (index, path) in command.files.enumerated() where try await tree.file(path, at: commit) == nil {
            found.append(
                Problem(
                    field: [.member("files"), .index(index)], rule: .danglingReference,
                    message: "the repository has no file \(path.quotedForMessage)",
                    hint: "commit the program together with the checklist that runs it"))
        }
        return found
    }

    private func brokenData(of check: ReproducibleCheck) async throws(Failure) -> [Problem] {
        var found: [Problem] = []
        for (index, data) in check.data.enumerated() {
            guard var problem = try await problem(of: data.file, { _ in nil }) else { continue }
            problem.field = [.member("data"), .index(index)] + problem.field
            found.append(problem)
        }
        return found
    }

    private func diagnostics(
        of resource: Resource, _ field: [FieldStep], _ problem: Problem
    ) async throws(Failure) -> [Diagnostic] {
        let found = await loader.diagnostic(
            of: resource.id, at: field, problem.rule, problem.message, hint: problem.hint)
        return found.map { [$0] } ?? []
    }

    private func problem(
        of file: DataFile, _ look: ([UInt8]) -> Problem?
    ) async throws(Failure) -> Problem? {
        guard case .repository(let path) = file.source, file.size <= Self.limit else { return nil }
        guard let entry = try await tree.file(path, at: commit) else {
            return Problem(
                field: [.member("source")], rule: .danglingReference,
                message: "the repository has no file \(path.quotedForMessage)",
                hint: "commit the data together with the checklist that names it")
        }
        let bytes: [UInt8]
        do throws(Failure) { bytes = try await tree.read([entry.blob], limit: Self.limit).first ?? [] } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            return nil
        }
        let digest = Digest(of: bytes)
        guard digest == file.digest else {
            // A pointer of Git LFS stands for other bytes, which are not here.
            if bytes.starts(with: Array("version https://git-lfs".utf8)) { return nil }
            return Problem(
                field: [.member("digest")], rule: .invalidValue, message: "\(path.quotedForMessage) is \(digest)",
                hint: "bring back the data that was meant, or write its digest and size")
        }
        return look(bytes)
    }

    private static func columnProblem(of data: LabelledData, _ bytes: [UInt8]) -> Problem? {
        let named: [(name: String, field: [FieldStep])] =
            [(data.target, [.member("target")])]
            + data.features.enumerated().map { ($0.element, [.member("features"), .index($0.offset)]) }
        let columns: [String]
        do throws(LabelledSetError) {
            columns = try LabelledSet.read(
                bytes, named: data.file.source.description, format: LabelledSetFormat(data.format),
                columns: []
            ).columnNames
        } catch {
            return Problem(
                field: [.member("source")], rule: .invalidValue,
                message: "\(data.file.source)\(error.line.map { ":\($0)" } ?? ""): \(error.problem)", hint: error.hint)
        }
        return named.first { !columns.contains($0.name) }.map { missing($0.name, at: $0.field, of: data, columns) }
    }

    private static func missing(
        _ name: String, at field: [FieldStep], of data: LabelledData, _ columns: [String]
    ) -> Problem {
        Problem(
            field: field, rule: .danglingReference,
            message: "\(data.file.source): there is no column \(name.quotedForMessage)",
            hint: Suggestion.nearest(to: name, in: columns).map { "did you mean '\($0)'?" }
                ?? "the columns are \(columns.prefix(10).joined(separator: ", "))")
    }

    private static func requestProblem(_ bytes: [UInt8]) -> Problem? {
        do throws(InvalidInput) { _ = try GoldenRequests(parsing: bytes) } catch {
            return Problem(field: [.member("source")], rule: .invalidValue, message: error.message)
        }
        return nil
    }
}

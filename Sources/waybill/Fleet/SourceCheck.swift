import WaybillCore
import WaybillManifest
import WaybillPackage

/// Whether the repository has the files that model versions name, with the bytes that they name. Reads whole files: for commands,
/// before a merge. The controller proves the same of every byte when it stages them.
struct SourceCheck: Sendable {
    let tree: any FleetTree
    let loader: FleetLoader
    let commit: CommitID

    /// Past this a file of the repository is refused when it is staged.
    private static let limit: Int64 = 256 << 20

    func problems(of versions: [ModelVersion]) async throws(Failure) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for version in versions.sorted(by: { $0.id.description < $1.id.description }) {
            for (index, artifact) in version.artifacts.enumerated() {
                guard case .repository(let path) = artifact.source, let problem = try await problem(artifact, at: path)
                else { continue }
                let field: [FieldStep] = [.member("spec"), .member("artifacts"), .index(index), .member(problem.field)]
                let diagnostic = await loader.diagnostic(
                    of: .modelVersion(version.id), at: field, problem.rule, problem.message, hint: problem.hint)
                if let diagnostic { found.append(diagnostic) }
            }
        }
        return found
    }

    private struct Problem {
        var field: String
        var rule: DiagnosticRule
        var message: String
        var hint: String
    }

    private func problem(_ artifact: Artifact, at path: String) async throws(Failure) -> Problem? {
        guard let file = try await tree.file(path, at: commit) else {
            return Problem(
                field: "source", rule: .danglingReference,
                message: "the repository has no file \(path.quotedForMessage)",
                hint: "commit it together with its manifest, or name it by 'file:/path'")
        }
        guard artifact.size <= Self.limit else { return nil }
        let bytes: [UInt8]
        do throws(Failure) {
            bytes = try await tree.read([file.blob], limit: Int(max(artifact.size, 1024))).first ?? []
        } catch {
            guard error.reason == "FileTooLarge" else { throw error }
            return Self.other("\(path.quotedForMessage) has more than \(artifact.size) bytes", "size")
        }
        if let pointer = try? LFSPointer(parsing: bytes), bytes.starts(with: LFSPointer.start),
            Digest(of: bytes) != artifact.digest
        {
            guard pointer.digest == artifact.digest else {
                return Self.other(
                    "\(path.quotedForMessage) is a pointer of Git LFS to \(pointer.digest), not this one", "digest")
            }
            guard pointer.size == artifact.size else {
                return Self.other(
                    "\(path.quotedForMessage) has \(pointer.size) bytes in Git LFS, not \(artifact.size)", "size")
            }
            return nil
        }
        guard bytes.count == artifact.size else {
            return Self.other("\(path.quotedForMessage) has \(bytes.count) bytes, not \(artifact.size)", "size")
        }
        let digest = Digest(of: bytes)
        return digest == artifact.digest
            ? nil : Self.other("\(path.quotedForMessage) has the digest \(digest), not this one", "digest")
    }

    private static func other(_ message: String, _ field: String) -> Problem {
        Problem(
            field: field, rule: .invalidValue, message: message,
            hint: "bring back the file that was meant, or write a new version of it with 'waybill new version'")
    }
}

extension DesiredState {
    /// Versions of models that are here and were not, or were otherwise, in `earlier`.
    func versions(since earlier: DesiredState? = nil) -> [ModelVersion] {
        resources.compactMap { id, resource in
            guard case .modelVersion(let version) = resource.spec else { return nil }
            if case .modelVersion(let before)? = earlier?.resources[id]?.spec, before == version { return nil }
            return version
        }
    }
}

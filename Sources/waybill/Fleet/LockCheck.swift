import WaybillCore
import WaybillManifest

/// Whether the Python environments of a fleet are locked: by exact versions and hashes. For commands, before a merge; the
/// controller builds no environment from a list that is not.
struct LockCheck: Sendable {
    let tree: any FleetTree
    let loader: FleetLoader
    let commit: CommitID

    /// Bytes of the longest lock that is read.
    private static let limit = 8 << 20

    /// Of all runtimes and versions, each lock once.
    func problems(of state: DesiredState) async throws(Failure) -> [Diagnostic] {
        var named: [PythonEnvironment] = []
        var found: [Diagnostic] = []
        for resource in state.resources.values.sorted(by: { $0.location < $1.location }) {
            switch resource.spec {
            case .servingRuntime(let runtime): if let environment = runtime.environment { named.append(environment) }
            case .modelVersion(let version):
                found += try await missing(of: version)
                if let environment = version.environment { named.append(environment) }
            case _: continue
            }
        }
        return found + (try await problems(of: named))
    }

    /// Of environments by name, each lock once.
    func problems(of named: [PythonEnvironment]) async throws(Failure) -> [Diagnostic] {
        var seen: Set<String> = []
        var found: [Diagnostic] = []
        for environment in named where seen.insert(environment.lock).inserted {
            guard let file = try await tree.file(environment.lock, at: commit) else { continue }
            let bytes: [UInt8]
            do throws(Failure) { bytes = try await tree.read([file.blob], limit: Self.limit).first ?? [] } catch {
                guard error.reason == "FileTooLarge" else { throw error }
                found.append(
                    SourceText(path: environment.lock, bytes: []).diagnostic(
                        .limit, 0, 0, "larger than 8 MiB; that is no lock"))
                continue
            }
            found += Self.problems(bytes, of: environment)
        }
        return found
    }

    /// What a version names beside its artifacts and the repository has not.
    private func missing(of version: ModelVersion) async throws(Failure) -> [Diagnostic] {
        let spec = FieldStep.member("spec")
        let named: [(path: String?, field: [FieldStep], what: String)] = [
            (version.card, [spec, .member("card")], "model card"),
            (version.environment?.lock, [spec, .member("environment"), .member("lock")], "lock"),
        ]
        var found: [Diagnostic] = []
        for (path, field, what) in named {
            // A scan of a folder leaves hidden names out.
            guard let path, !path.split(separator: "/").contains(where: { $0.hasPrefix(".") }),
                try await tree.file(path, at: commit) == nil
            else { continue }
            let diagnostic = await loader.diagnostic(
                of: .modelVersion(version.id), at: field, .danglingReference,
                "the repository has no file \(path.quotedForMessage)",
                hint: "commit the \(what) together with the manifest that names it")
            if let diagnostic { found.append(diagnostic) }
        }
        return found
    }

    static func problems(_ bytes: [UInt8], of environment: PythonEnvironment) -> [Diagnostic] {
        let (path, python) = (environment.lock, environment.python)
        let source = SourceText(path: path, bytes: bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return [source.diagnostic(.notUTF8, 0, 0, "the lock is not UTF-8 text")]
        }
        do throws(InvalidInput) {
            guard try LockForm(path: path).packages(bytes, ofPython: python) == nil else { return [] }
        } catch { return [source.diagnostic(.unlockedEnvironment, 0, 0, error.message)] }
        let lock = RequirementsLock(reading: text)
        return lock.allProblems.map { problem in
            source.diagnostic(
                .unlockedEnvironment, problem.offset, problem.offset + problem.length, problem.message,
                hint: lock.remedy(problem, path: path, python: python))
        }
    }
}

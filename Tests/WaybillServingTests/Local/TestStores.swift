import Foundation
import WaybillCore

/// A model store of a few lines: copies files into a folder named by their digests, readable by everyone.
final class PlainModelStore: ModelStore {
    private let root: URL

    init(root: URL) { self.root = root }

    func folder(for artifacts: [Artifact]) -> String {
        let names = artifacts.map { "\($0.path) \($0.digest)" }.sorted().joined(separator: "\n")
        return root.appending(path: Digest(of: Array(names.utf8)).hex).path
    }

    func check(_ artifacts: [Artifact], of manifest: ModelVersion? = nil) async throws(Failure) -> Preparation {
        for artifact in artifacts {
            guard let data = FileManager.default.contents(atPath: "\(folder(for: artifacts))/\(artifact.path)") else {
                return .missing
            }
            let found = Digest(of: Array(data))
            if found != artifact.digest {
                return .altered(path: artifact.path, expected: artifact.digest, found: found)
            }
        }
        return .prepared
    }

    func progress(of artifacts: [Artifact]) -> PackagingProgress? { nil }

    func stage(
        _ artifacts: [Artifact], of version: VersionID, manifest: ModelVersion?, at commit: CommitID, ticket: Ticket
    ) async throws(Failure) {
        do {
            let folder = URL(filePath: folder(for: artifacts))
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for artifact in artifacts {
                guard case .file(let path) = artifact.source else { continue }
                let copy = folder.appending(path: artifact.path)
                try? FileManager.default.removeItem(at: copy)
                try FileManager.default.copyItem(at: URL(filePath: path), to: copy)
                try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: copy.path)
            }
        } catch {
            throw Failure(.retry, reason: "StageFailed", message: "\(error)")
        }
    }

    func package(_ version: ModelVersion, at commit: CommitID, ticket: Ticket) async throws(Failure) {}

    func unneeded(keeping: Set<[Artifact]>, folders: Set<String>) async throws(Failure) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        let kept = Set(keeping.map { folder(for: $0) }).union(folders)
        return all.filter { !kept.contains(root.appending(path: $0).path) }.sorted()
    }

    func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String] {
        keys.filter { (try? FileManager.default.removeItem(at: root.appending(path: $0))) != nil }
    }
}

/// A store for specs that have no Python environment.
struct NoEnvironments: EnvironmentStore {
    func folder(for environment: LockedEnvironment) async throws(Failure) -> String { "/nonexistent" }
    func isBuilt(_ environment: LockedEnvironment) async throws(Failure) -> Bool { false }
    func build(_ environment: LockedEnvironment, at commit: CommitID, ticket: Ticket) async throws(Failure) {}
    func unneeded(keeping: Set<LockedEnvironment>, folders: Set<String>) async throws(Failure) -> [String] { [] }
    func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String] { [] }
}

/// A ledger that forgets: gives tickets to tests.
struct ForgetfulLedger: LedgerStorage {
    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] { events.map { _ in 0 } }
}

func ticket(for subject: String = "test") async throws -> Ticket {
    try await Journal(storage: ForgetfulLedger()).intend(
        Event(
            .replicaStarted, decision: DecisionID(1), time: Timestamp(milliseconds: 0), subject: subject))
}

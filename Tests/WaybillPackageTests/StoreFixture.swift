import Foundation
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// A store in a folder of its own, with a repository in memory and a ledger that can be read.
struct StoreFixture {
    let folder: URL
    let ledger = RecordedLedger()
    let version: VersionID
    let commit: CommitID
    var tree = MemoryTree()
    var allowing = AllowList.shipped
    var manifest: ModelVersion?
    /// A repository that is read in its place.
    var repository: (any FleetTree)?
    var readers = SourceReaders([:])

    init(in folder: URL) throws {
        self.folder = folder
        version = try VersionID(parsing: "churn@1.4.0")
        commit = try CommitID(parsing: String(repeating: "a", count: 40))
    }

    /// With a real repository.
    init(in folder: URL, commit: CommitID, tree: any FleetTree, readers: SourceReaders) throws {
        self.folder = folder
        version = try VersionID(parsing: "churn@1.4.0")
        self.commit = commit
        repository = tree
        self.readers = readers
    }

    var state: String { "\(folder.path)/state" }

    var content: ContentStore { ContentStore(root: "\(state)/content") }

    var store: ArtifactStore {
        ArtifactStore(
            root: "\(state)/artifacts", content: content, tree: repository ?? tree,
            readers: readers, journal: Journal(storage: ledger), refusing: [state],
            allowing: { [allowing] in allowing }, now: { Timestamp(milliseconds: 1_000) })
    }

    func stage(_ artifacts: [Artifact]) async throws {
        try await store.stage(
            artifacts, of: version, manifest: manifest, at: commit, ticket: try await ledger.ticket())
    }

    /// Removes what no set in `keeping` needs, as the controller does.
    func collect(keeping: Set<[Artifact]>) async throws {
        let keys = try await store.unneeded(keeping: keeping, folders: [])
        _ = try await store.remove(keys, ticket: try await ledger.ticket())
    }

    /// The failure that staging ends with.
    func failure(of artifacts: [Artifact]) async -> Failure? {
        do { try await stage(artifacts) } catch { return error as? Failure }
        return nil
    }

    /// Writes a file outside the state folder and describes it truthfully.
    func file(_ path: String, _ text: String) throws -> Artifact {
        let source = folder.appending(path: "sources/\(path)")
        try FileManager.default.createDirectory(
            at: source.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: source)
        return artifact(path, .file(path: source.path), text)
    }

    func artifact(_ path: String, _ source: ArtifactSource, _ text: String) -> Artifact {
        Artifact(path: path, source: source, digest: Digest(of: text.utf8), size: Int64(text.utf8.count))
    }

    /// What stands where blobs arrive, without the layout.
    var partials: [String] { (try? entries(of: content.layout.partial)) ?? [] }
    var blobs: Set<String> { Set((try? entries(of: content.layout.blobs)) ?? []) }

    /// Everything below the store's folders, without locks.
    var leftovers: [String] {
        let all = FileManager.default.enumerator(atPath: "\(state)/artifacts")?.compactMap { $0 as? String } ?? []
        return all.filter { !$0.hasPrefix("locks") && $0.contains("/") }.sorted()
    }

    func text(_ artifacts: [Artifact], _ path: String) throws -> String {
        try String(contentsOfFile: "\(store.folder(for: artifacts))/\(path)", encoding: .utf8)
    }
}

extension ContentCollection {
    /// With roots that are known beforehand.
    init(
        _ content: ContentStore, roots: Set<Digest>, retention: Retention = Retention(), emptiesQuarantine: Bool = false
    ) {
        self.init(
            content, roots: { () throws(Failure) in roots }, retention: retention, emptiesQuarantine: emptiesQuarantine)
    }
}

import Glibc
import Synchronization
package import WaybillCore
import WaybillTrust

/// Builds a bundle a second time, from the sources that it was built from, and says where the two differ.
package struct BundleCheck: Sendable {
    package struct Finding: Hashable, Sendable {
        package var path: String
        package var expected: Digest?
        package var found: Digest?
        /// The first byte that is another one; nil when that cannot be told.
        package var offset: Int64?
        /// What is wrong when the source could not be read, or gave other bytes.
        package var message: String?
    }

    package struct Report: Hashable, Sendable {
        package var bundle: Digest
        package var commit: CommitID
        package var layers: Int
        package var findings: [Finding]
    }

    private let content: ContentStore
    private let tree: any FleetTree
    private let readers: SourceReaders
    private let refusing: [String]

    /// `readers` and `refusing` as in `ArtifactStore`.
    package init(content: ContentStore, tree: any FleetTree, readers: SourceReaders, refusing: [String]) {
        self.content = content
        self.tree = tree
        self.readers = readers
        self.refusing = refusing
    }

    /// Reads every source again, at `commit` for what is in the repository, into a store of its own at `scratch`, which the caller
    /// removes. A file whose source gives something else is named, and the rest is compared as if it were the same.
    package func run(
        _ reference: String, version: ModelVersion, at commit: CommitID, scratch: String
    ) async throws(Failure) -> Report {
        let stored = try await content.bundle(reference)
        let use = try await content.use()
        defer { withExtendedLifetime(use) {} }
        var again = version
        if let text = stored.descriptor.annotations[BundleSources.annotation],
            let sources = BundleSources(parsing: text)
        {
            again.artifacts = version.artifacts.map { artifact in
                var artifact = artifact
                artifact.source = sources.artifacts[artifact.path] ?? artifact.source
                return artifact
            }
        }
        let (fresh, findings) = try await bring(again, at: commit, scratch: scratch)
        var report = Report(
            bundle: stored.descriptor.digest, commit: commit, layers: stored.layers.count, findings: findings)
        do throws(Failure) {
            let builder = BundleBuilder(content: fresh, tree: tree, readers: readers, refusing: refusing)
            let made = try await builder.build(again, at: commit)
            if made.bundle.manifest == stored.descriptor.digest { return report }
            report.findings += try await differences(
                stored, from: try await fresh.bundle(made.bundle.manifest.description), in: fresh)
        } catch {
            if error.reason == Failure.cancelled.reason { throw error }
            if !findings.contains(where: { $0.message == error.message }) {
                report.findings.append(Finding(path: "", message: error.message))
            }
        }
        return report
    }

    /// Brings each file into a new store, and finds those that are not what they were. These are then there as the bundle has them.
    private func bring(
        _ version: ModelVersion, at commit: CommitID, scratch: String
    ) async throws(Failure) -> (fresh: ContentStore, findings: [Finding]) {
        let refusals = Refusals(content)
        var fresh = ContentStore(root: scratch)
        fresh.refused = { refusals.note($0) }
        let intake = ArtifactIntake(content: fresh, tree: tree, readers: readers, refusing: refusing)
        let findings = Mutex<[Finding]>([])
        try await concurrently(version.artifacts, atOnce: intake.atOnce) {
            [content, fresh] (artifact) async throws(Failure) in
            do throws(Failure) {
                _ = try await intake.bring([artifact], of: version.id, at: commit)
            } catch {
                if error.reason == Failure.cancelled.reason { throw error }
                findings.withLock { $0.append(refusals.finding(artifact, error)) }
                try await content.work.run { (cancellation) throws(Failure) -> Void in
                    _ = try? content.place(artifact.digest, at: fresh.layout.blob(artifact.digest), cancellation)
                }
            }
        }
        return (fresh, findings.withLock { $0.sorted { $0.path < $1.path } })
    }

    private func differences(
        _ stored: StoredBundle, from made: StoredBundle, in fresh: ContentStore
    ) async throws(Failure) -> [Finding] {
        let findings = Self.findings(stored, made)
        return try await content.work.run { [content] (cancellation) throws(Failure) in
            findings.map { finding in
                guard let expected = finding.expected, let found = finding.found else { return finding }
                var finding = finding
                finding.offset = FileDifference.offset(
                    of: fresh.layout.blob(found), from: content.layout.blob(expected), cancellation)
                return finding
            }
        }
    }

    private static func findings(_ stored: StoredBundle, _ made: StoredBundle) -> [Finding] {
        func byPath(_ bundle: StoredBundle) -> [String: Digest] {
            var files = Dictionary(bundle.layers.map { ($0.path, $0.digest) }, uniquingKeysWith: { first, _ in first })
            files["(config)"] = bundle.config.digest
            return files
        }
        let (before, after) = (byPath(stored), byPath(made))
        let differing = Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
        if differing.isEmpty {
            return [Finding(path: "(manifest)", expected: stored.descriptor.digest, found: made.descriptor.digest)]
        }
        return differing.map { Finding(path: $0, expected: before[$0], found: after[$0]) }
    }
}

/// What sources gave in place of the bytes that are held.
private final class Refusals: Sendable {
    private struct Other: Sendable {
        var content: Content?
        var offset: Int64?
    }

    private let held: ContentStore
    private let others = Mutex<[Digest: Other]>([:])

    init(_ held: ContentStore) { self.held = held }

    func note(_ refusal: ContentStore.Refusal) {
        let (blob, none) = (held.layout.blob(refusal.digest), Cancellation())
        let sizes = [refusal.path, blob].map { ((try? fileStatus($0)) ?? nil).map { Int64($0.st_size) } ?? 0 }
        var offset = FileDifference.offset(of: refusal.path, from: blob, none)
        // Of what broke off, only bytes that came can differ; what is longer parts at the end of what is held.
        if refusal.content == nil, sizes[0] < sizes[1], offset == sizes[0] { offset = nil }
        if refusal.content == nil, sizes[0] > 0, sizes[0] == sizes[1], offset == nil { offset = sizes[1] }
        others.withLock { $0[refusal.digest] = Other(content: refusal.content, offset: offset) }
    }

    func finding(_ artifact: Artifact, _ failure: Failure) -> BundleCheck.Finding {
        var finding = BundleCheck.Finding(path: artifact.path, expected: artifact.digest, message: failure.message)
        guard failure.reason == "ArtifactMismatch", let other = others.withLock({ $0[artifact.digest] }) else {
            return finding
        }
        finding.found = other.content?.digest
        finding.offset = other.offset
        return finding
    }
}

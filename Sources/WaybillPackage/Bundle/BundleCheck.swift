package import WaybillCore
import WaybillTrust

/// Builds a bundle a second time, from the sources that it was built from, and says where the two differ.
package struct BundleCheck: Sendable {
    package struct Finding: Hashable, Sendable {
        package var path: String
        package var expected: Digest?
        package var found: Digest?
        /// What is wrong when the source could not be read.
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
    /// removes.
    package func run(
        _ reference: String, version: ModelVersion, at commit: CommitID, scratch: String
    ) async throws(Failure) -> Report {
        let stored = try await content.bundle(reference)
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
        let fresh = ContentStore(root: scratch)
        var report = Report(bundle: stored.descriptor.digest, commit: commit, layers: stored.layers.count, findings: [])
        do throws(Failure) {
            let builder = BundleBuilder(content: fresh, tree: tree, readers: readers, refusing: refusing)
            let made = try await builder.build(again, at: commit)
            if made.bundle.manifest == stored.descriptor.digest { return report }
            report.findings = Self.findings(stored, try await fresh.bundle(made.bundle.manifest.description))
        } catch {
            report.findings.append(Finding(path: "", expected: nil, found: nil, message: error.message))
        }
        return report
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

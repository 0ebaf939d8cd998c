import Glibc
package import WaybillCore

/// Removes bytes that nothing needs any more from a content store.
///
/// Kept are: the blobs of `roots`, which are what deployments have or hold, and the wheels of their Python environments; every
/// bundle that shares one of them; bundles that `retention` keeps, those of each deployment's last revisions among them, with all they need; and bundles that other tools made, which name
/// no version. Everything else goes: older bundles of ours, built here or pulled, blobs that none of the kept ones needs, transfers
/// that were given up a week ago, and, if asked, rotten blobs that were moved aside. Nothing goes while anybody packages.
package struct ContentCollection: Sendable {
    package struct Report: Hashable, Sendable {
        /// Names of bundles that are given up.
        package var bundles: [String] = []
        package var blobs = 0
        package var partials = 0
        package var quarantined = 0
        /// Bytes of them all. Those of a blob that a deployment still has under another name are not freed by it.
        package var size: Int64 = 0
        package var keptBundles = 0
        package var keptBlobs = 0
        package var keptSize: Int64 = 0

        /// As a `content.collected` entry says it; of many names the first hundred.
        package var facts: Members {
            [
                "blobs": .integer(Int64(blobs)), "size": .integer(size),
                "bundles": .list(bundles.prefix(100).map { .string($0) }),
            ]
        }

        package var isEmpty: Bool { bundles.isEmpty && blobs == 0 && partials == 0 && quarantined == 0 }
    }

    /// Seconds after which a transfer that was cut is no longer gone on with.
    private static let partialAge = 7 * 24 * 3600

    private let content: ContentStore
    private let readRoots: @Sendable () throws(Failure) -> Set<Digest>
    private let retention: Retention
    private let emptiesQuarantine: Bool

    /// - Parameter roots: asked once nobody can package: what is put in place until then is among them.
    package init(
        _ content: ContentStore, roots: @escaping @Sendable () throws(Failure) -> Set<Digest>,
        retention: Retention = Retention(), emptiesQuarantine: Bool = false
    ) {
        self.content = content
        readRoots = roots
        self.retention = retention
        self.emptiesQuarantine = emptiesQuarantine
    }

    /// - Throws: `PackagingUnderWay` (wait) while somebody packages.
    package func run(dryRun: Bool) async throws(Failure) -> Report {
        let lock = try hold()
        defer { withExtendedLifetime(lock) {} }
        let roots = try await content.work.run { [readRoots] (_) throws(Failure) in try readRoots() }
        let manifests = try await content.manifests()
        let bundles = await read(manifests)
        let dropped = dropped(of: bundles, roots)
        var needed = roots.union(try content.wheelDigests())
        for (name, bundle) in bundles where !dropped.contains(name) { needed.formUnion(bundle.blobs) }
        let kept = Set(bundles.filter { !dropped.contains($0.name) }.map(\.bundle.descriptor.digest))
        for referrer in try await content.allReferrers(of: kept) { needed.formUnion(referrer.blobs) }
        // What is said of a bundle goes with it.
        let given = try await content.allReferrers(of: Set(bundles.map(\.bundle.descriptor.digest)).subtracting(kept))
        let orphans = Set(given.map(\.descriptor.digest)).subtracting(needed)
        // A manifest that cannot be read says nothing of what it needs: its own blob stays for whoever looks into it.
        let read = Set(bundles.map(\.bundle.descriptor.digest)).union(orphans)
        needed.formUnion(manifests.map(\.digest).filter { !read.contains($0) })
        return try await content.work.run { [needed] (_) throws(Failure) in
            var report = Report(bundles: dropped.sorted(), keptBundles: bundles.count - dropped.count)
            if !dryRun, !dropped.isEmpty || !orphans.isEmpty {
                // Built again, they are new again.
                for name in dropped { unlink(content.layout.bundled(name)) }
                try content.changeIndex { index in
                    index.manifests.removeAll {
                        dropped.contains($0.annotations[ImageIndex.nameAnnotation] ?? "") || orphans.contains($0.digest)
                    }
                }
            }
            try sweep(needed, dryRun, &report)
            return report
        }
    }

    /// While this is held nobody packages.
    private func hold() throws(Failure) -> FileLock {
        try content.layout.make()
        let lock: FileLock?
        do throws(SystemError) { lock = try FileLock.take(content.layout.useLock) } catch { throw .disk(error) }
        guard let lock else {
            throw Failure(
                .wait, reason: "PackagingUnderWay",
                message: "\(content.layout.root) is in use by something that packages; collect when that is done")
        }
        return lock
    }

    private func read(_ manifests: [Descriptor]) async -> [(name: String, bundle: StoredBundle)] {
        var bundles: [(name: String, bundle: StoredBundle)] = []
        for manifest in manifests {
            guard let name = manifest.annotations[ImageIndex.nameAnnotation],
                let bundle = try? await content.bundle(manifest)
            else { continue }
            bundles.append((name, bundle))
        }
        return bundles
    }

    /// Bundles of ours, wherever they were built, that neither a deployment nor a rule keeps.
    private func dropped(of bundles: [(name: String, bundle: StoredBundle)], _ roots: Set<Digest>) -> Set<String> {
        var seen: [String: Int] = [:]
        var dropped: Set<String> = []
        // The index has the newest last.
        for (name, bundle) in bundles.reversed() {
            guard let id = bundle.version.flatMap({ try? VersionID(parsing: $0) }) else { continue }
            seen[id.model.text, default: 0] += 1
            if retention.keeps(id, place: seen[id.model.text, default: 0]) { continue }
            if bundle.blobs.isDisjoint(with: roots) { dropped.insert(name) }
        }
        return dropped
    }

    private func sweep(_ needed: Set<Digest>, _ dryRun: Bool, _ report: inout Report) throws(Failure) {
        let layout = content.layout
        for (digest, size) in try content.listBlobs().sizes {
            if needed.contains(digest) {
                report.keptBlobs += 1
                report.keptSize &+= size
                continue
            }
            report.blobs += 1
            report.size &+= size
            if !dryRun {
                unlink(layout.blob(digest))
                unlink(layout.record(digest).path)
                unlink(layout.place(digest))
            }
        }
        report.partials = try remove(in: layout.partial, olderThan: Self.partialAge, dryRun, &report)
        if emptiesQuarantine {
            report.quarantined = try remove(in: layout.quarantine, olderThan: 0, dryRun, &report)
            if !dryRun { do throws(SystemError) { try removeTree(layout.noted) } catch { throw .disk(error) } }
        }
        if !dryRun {
            do throws(SystemError) { try syncFolder(layout.blobs) } catch { throw .disk(error) }
        }
    }

    /// How many entries of `folder` were last written longer ago.
    private func remove(
        in folder: String, olderThan seconds: Int, _ dryRun: Bool, _ report: inout Report
    ) throws(Failure) -> Int {
        var count = 0
        do throws(SystemError) {
            let now = time(nil)
            for name in try entries(of: folder) {
                let path = "\(folder)/\(name)"
                guard let status = try fileStatus(path), now - status.st_mtim.tv_sec >= seconds else { continue }
                count += 1
                report.size &+= Int64(status.st_size)
                if !dryRun { try removeTree(path) }
            }
        } catch { throw .disk(error) }
        return count
    }
}

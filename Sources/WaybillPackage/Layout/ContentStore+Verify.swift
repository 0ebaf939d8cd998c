import Glibc
package import WaybillCore

/// What hashing the store's blobs again found.
package struct ScrubReport: Hashable, Sendable {
    package var blobs = 0
    package var bytes: Int64 = 0
    /// Rotten blobs, moved aside.
    package var quarantined: [ContentStore.Quarantined] = []
    /// Names among the blobs that are no digest.
    package var strangers: [String] = []

    package var isSound: Bool { quarantined.isEmpty && strangers.isEmpty }
}

extension ContentStore {
    /// Blobs with their sizes.
    package func blobs() async throws(Failure) -> [Digest: Int64] {
        try await work.run { (_) throws(Failure) in try listBlobs().sizes }
    }

    /// Hashes `only` these blobs again, or all of them, whatever their files look like; moves rotten ones aside. `progress` is told
    /// the bytes hashed so far and those of all.
    package func verify(
        only: Set<Digest>? = nil, progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
    ) async throws(Failure) -> ScrubReport {
        try layout.make()
        let listed = try await work.run { (_) throws(Failure) in try listBlobs() }
        let wanted = listed.sizes.filter { only?.contains($0.key) ?? true }
        let total = wanted.values.reduce(0) { $0 &+ $1 }
        var report = ScrubReport(strangers: only == nil ? listed.strangers : [])
        for (digest, size) in wanted.sorted(by: { $0.key < $1.key }) {
            progress(report.bytes, total)
            if let rotten = try await verify(digest) { report.quarantined.append(rotten) }
            report.blobs += 1
            report.bytes += size
        }
        progress(report.bytes, total)
        return report
    }

    private func verify(_ digest: Digest) async throws(Failure) -> Quarantined? {
        let lock = try await lock(digest)
        defer {
            lock.removeFile()
            withExtendedLifetime(lock) {}
        }
        return try await work.run { (cancellation) throws(Failure) in
            guard case .rotten(let found) = try examine(digest, rehash: true, cancellation) else { return nil }
            return try setAside(digest, found: found)
        }
    }

    func listBlobs() throws(Failure) -> (sizes: [Digest: Int64], strangers: [String]) {
        var sizes: [Digest: Int64] = [:]
        var strangers: [String] = []
        do throws(SystemError) {
            for name in try entries(of: layout.blobs) {
                guard let digest = try? Digest(parsing: "sha256:\(name)") else {
                    strangers.append(name)
                    continue
                }
                if let status = try fileStatus("\(layout.blobs)/\(name)") { sizes[digest] = Int64(status.st_size) }
            }
        } catch { throw .disk(error) }
        return (sizes, strangers)
    }
}

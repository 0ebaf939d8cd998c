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

    /// Every blob that the bundle of `reference` needs; only its manifest, when that cannot be read.
    package func blobs(of reference: String) async throws(Failure) -> Set<Digest> {
        let descriptor = try await manifest(reference)
        guard let bytes = try await bytes(of: descriptor.digest),
            case .artifact(let manifest)? = try? RegistryManifest(parsing: bytes, mediaType: nil, place: reference)
        else { return [descriptor.digest] }
        return Set(manifest.blobs.map(\.digest) + [descriptor.digest])
    }

    /// Hashes `only` these blobs again, or all of them, whatever their files look like; moves rotten ones aside. `progress` is told
    /// the bytes hashed so far and those of all, for each piece that is read.
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
            let before = report.bytes
            let rotten = try await verify(digest) { progress(before + min($0, size), total) }
            if let rotten { report.quarantined.append(rotten) }
            report.blobs += 1
            report.bytes += size
        }
        progress(report.bytes, total)
        return report
    }

    /// The digest of the bytes of a file outside of the store, read as those of blobs are.
    package static func digest(ofFile path: String) throws(Failure) -> Digest {
        try FileCopy.digest(ofEntry: path, Cancellation())
    }

    private func verify(
        _ digest: Digest, progress: @escaping @Sendable (Int64) -> Void
    ) async throws(Failure) -> Quarantined? {
        let lock = try await lock(digest)
        defer {
            lock.removeFile()
            withExtendedLifetime(lock) {}
        }
        return try await work.run { (cancellation) throws(Failure) in
            var done: Int64 = 0
            let holding = try examine(digest, rehash: true, cancellation) {
                done += Int64($0)
                progress(done)
            }
            guard case .rotten(let found) = holding else { return nil }
            return try setAside(digest, found: found)
        }
    }

    /// Blobs that somebody moved aside and of which the ledger does not know yet.
    func unnoted() async throws(Failure) -> [Quarantined] {
        try await work.run { [layout] (cancellation) throws(Failure) in
            do throws(SystemError) {
                let known = Set(try entries(of: layout.noted))
                let names = try entries(of: layout.quarantine).filter { !known.contains($0) }.sorted()
                if names.isEmpty { return [] }
                return names.compactMap { name in
                    let path = "\(layout.quarantine)/\(name)"
                    guard let digest = try? Digest(parsing: "sha256:\(name.prefix { $0 != "." })"),
                        let found = try? FileCopy.digest(ofEntry: path, cancellation)
                    else { return nil }
                    return Quarantined(digest: digest, found: found, path: path)
                }
            } catch { throw .disk(error) }
        }
    }

    /// The ledger knows of it from now on.
    func markNoted(_ blob: Quarantined) {
        let name = blob.path.split(separator: "/").last.map(String.init) ?? ""
        let descriptor = open("\(layout.noted)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 { close(descriptor) }
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

    /// Writes down blobs that were moved aside and of which the ledger does not know; says how many.
    package func noteQuarantine(
        in journal: Journal, by actor: Actor, at time: Timestamp
    ) async throws(Failure) -> Int {
        let found = try await unnoted()
        for blob in found {
            try await journal.note(
                Event(
                    .contentQuarantined, decision: DecisionID(UInt64.random(in: .min ... .max)), time: time,
                    subject: blob.digest.description, actor: actor,
                    body: [
                        "digest": .string(blob.digest.description), "found": .string(blob.found.description),
                        "path": .string(blob.path),
                    ]))
            markNoted(blob)
        }
        return found.count
    }
}

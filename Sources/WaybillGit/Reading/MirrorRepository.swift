import FoundationEssentials
package import WaybillCore

/// The watched branch of one remote, mirrored in a state folder.
///
/// The network is spoken to by helper processes only; the mirror is read in this process, by one thread. One state
/// folder belongs to one `MirrorRepository`.
package final class MirrorRepository: FleetRepository {
    private let folder: String
    private let limits: TransferLimits
    private let reader: TreeReader
    private let files = FileStream(label: "waybill.git.mirror.files")
    private let transfers: Transfers

    /// - Parameters:
    ///   - folder: an absolute path; made when it is missing. Nothing else may write there.
    ///   - helper: the program that speaks to the network; by default this one, started again.
    /// - Throws: `GitUnavailable` when the C library does not start, `FolderUnusable` when `folder` cannot be made.
    package init(
        folder: String, remote: RemoteConfiguration, limits: TransferLimits = TransferLimits(),
        helper: HelperCommand = .thisProgram
    ) throws(Failure) {
        try LibGit2.start()
        self.folder = folder
        self.limits = limits
        transfers = Transfers(
            in: folder, remote: remote, limits: limits,
            launcher: HelperLauncher(command: helper, label: "waybill.git.remote"))
        let mirror = MirrorFolder(path: folder + "/mirror.git")
        reader = TreeReader(label: "waybill.git.mirror") { () throws(Failure) in try mirror.open() }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Self.removeLeftovers(in: folder)
        } catch {
            throw Failure(.stall, reason: "FolderUnusable", message: "cannot write '\(folder)': \(error)")
        }
    }

    /// What a controller that was killed left of its transfers.
    private static func removeLeftovers(in folder: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("transfer-") {
            try FileManager.default.removeItem(atPath: folder + "/" + name)
        }
    }

    package func remoteHead() async throws(Failure) -> CommitID {
        try await transfers.run(.head, deadline: limits.headDeadline).commit
    }

    package func fetch() async throws(Failure) -> CommitID {
        let outcome = try await transfers.run(.fetch(mirror: folder + "/mirror.git"), deadline: limits.transferDeadline)
        await reader.reopen()
        return outcome.commit
    }

    package func references(below prefix: String) async throws(Failure) -> [String: CommitID] {
        let mirror = MirrorFolder(path: folder + "/mirror.git")
        // While the remote is away, and for one that cannot be taken, what was brought before is what is known.
        do throws(Failure) {
            _ = try await transfers.run(
                .statements(prefix: prefix, mirror: mirror.path), deadline: limits.headDeadline,
                bytes: Self.mostBytesOfReferences)
        } catch {}
        await reader.reopen()
        var found: [String: CommitID] = [:]
        for (name, id) in mirror.soundTips() ?? [:] where name.hasPrefix(prefix) { found[name] = try CommitID(id) }
        return found
    }

    /// Bytes that refs beside the branch may bring at once.
    private static let mostBytesOfReferences = 16 << 20

    /// Adds a commit with `content` as `file` to `reference` of the remote, in a history that only grows.
    ///
    /// Meant for a checkpoint of the ledger: someone else then holds it, and can show that the ledger was rewritten.
    /// - Parameter reference: a full name outside `refs/heads/`, such as `refs/waybill/checkpoints`.
    /// - Returns: the commit that the remote took.
    package func publish(
        _ content: [UInt8], as file: String, to reference: String, message: String, at time: Timestamp
    ) async throws(Failure) -> CommitID {
        let publication = HelperRequest.Publication(
            repository: folder + "/published.git", reference: reference, file: file, content: content, message: message,
            time: time.milliseconds / 1000)
        return try await transfers.run(.publish(publication), deadline: limits.transferDeadline).commit
    }

    package func changes(
        from base: CommitID?, to commit: CommitID, under path: String
    ) async throws(Failure) -> (changes: [TreeChange], problems: [TreeProblem]) {
        let path = try FolderPath(path)
        return try await watched { () async throws(Failure) in
            try await reader.changes(from: base, to: commit, under: path)
        }
    }

    package func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] {
        try await watched { () async throws(Failure) in try await reader.read(blobs, limit: limit) }
    }

    package func stream(
        _ blob: BlobID, limit: Int64, into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        try await watched { () async throws(Failure) in
            try await files.give(try await reader.locate(blob, limit: limit), from: 0, into: sink)
        }
    }

    package func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        let path = try FolderPath(path)
        return try await watched { () async throws(Failure) in try await reader.file(path, at: commit) }
    }

    package func origin(of path: String, at commit: CommitID) async throws(Failure) -> CommitID? {
        let path = try FolderPath(path)
        return try await watched { () async throws(Failure) in try await reader.origin(of: path, at: commit) }
    }

    package func contains(_ ancestor: CommitID, in commit: CommitID) async throws(Failure) -> Bool {
        try await watched { () async throws(Failure) in try await reader.contains(ancestor, in: commit) }
    }

    package func summary(of commit: CommitID) async throws(Failure) -> CommitSummary {
        try await watched { () async throws(Failure) in try await reader.summary(of: commit) }
    }

    /// Runs a reading; when the mirror itself is damaged, the next fetch is told to replace it.
    private func watched<Result: Sendable>(
        _ body: () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        do throws(Failure) {
            return try await body()
        } catch  where error.reason == ObjectStore.unreadableReason {
            MirrorFolder(path: folder + "/mirror.git").markBroken()
            throw Failure(
                .retry, reason: "MirrorBroken",
                message: "the mirror '\(folder)/mirror.git' is damaged (\(error.message)); the next fetch replaces it")
        }
    }
}

extension MirrorFolder {
    /// Opens the mirror for reading.
    fileprivate func open() throws(Failure) -> ObjectStore {
        guard FileManager.default.fileExists(atPath: path + "/objects/pack") else {
            throw Failure(
                .retry, reason: "MirrorMissing",
                message: "there is no mirror at '\(path)' yet; the first fetch makes it")
        }
        do throws(LibGit2Error) {
            return try ObjectStore(packsOf: path)
        } catch {
            throw Failure(
                .retry, reason: ObjectStore.unreadableReason, message: "cannot open its packs: \(error.message)")
        }
    }
}

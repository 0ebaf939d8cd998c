import FoundationEssentials
package import WaybillCore

/// Repositories other than the fleet's, fetched one commit at a time by helper processes and read here.
///
/// Each is mirrored below `folder` while it is in use: of the last few a mirror stays, so that ten files of one commit are one fetch.
/// Everything in `folder` is removed at the end: nothing else may be there. After a crash the last mirrors are still there and are used
/// again, since a mirror is whole at every moment; what a transfer left that was cut is removed, since git cannot go on with one.
package actor OtherRepositories: RepositoryFiles {
    /// How a repository is reached; throws for one that may not be read.
    package typealias Access = @Sendable (RemoteAddress) throws(Failure) -> RemoteConfiguration

    private let folder: String
    private let limits: TransferLimits
    private let helper: HelperCommand
    private let access: Access
    private var shelves: [RemoteAddress: CommitShelf] = [:]
    /// Most recently used last.
    private var order: [RemoteAddress] = []
    /// Where a rate bounds what comes, one repository after the other has all of it.
    private let turn: Turn?

    /// Mirrors that are kept when nobody reads them.
    private static let kept = 2

    /// - Parameter folder: an absolute path; made when it is first needed.
    package init(
        folder: String, limits: TransferLimits = TransferLimits(), helper: HelperCommand = .thisProgram,
        access: @escaping Access
    ) {
        self.folder = folder
        self.limits = limits
        self.helper = helper
        self.access = access
        turn = limits.bytesPerSecond.map { _ in Turn() }
        Self.tidy(folder)
    }

    /// Leaves the mirrors that were written last, and nothing else.
    private static func tidy(_ folder: String) {
        let files = FileManager.default
        let places = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).map { "\(folder)/\($0)" }
        let mirrors = places.compactMap { place in
            let attributes = try? files.attributesOfItem(atPath: "\(place)/mirror.git/objects/pack")
            return (attributes?[.modificationDate] as? Date).map { (place: place, date: $0) }
        }
        let kept = mirrors.sorted { $0.date > $1.date }.prefix(Self.kept).map(\.place)
        for place in places {
            guard kept.contains(place) else {
                try? files.removeItem(atPath: place)
                continue
            }
            for name in (try? files.contentsOfDirectory(atPath: place)) ?? [] where name != "mirror.git" {
                try? files.removeItem(atPath: "\(place)/\(name)")
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    package func file(
        _ path: String, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> [UInt8] {
        let path = try FolderPath(path)
        let shelf = try shelf(repository)
        defer { leave(shelf) }
        return try await shelf.file(path, at: commit, limit: limit)
    }

    package func stream(
        _ path: String, at commit: CommitID, of repository: RemoteAddress, from offset: Int64, limit: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        let path = try FolderPath(path)
        let shelf = try shelf(repository)
        defer { leave(shelf) }
        try await shelf.stream(path, at: commit, from: offset, limit: limit, into: sink)
    }

    package func folder(
        _ path: String?, at commit: CommitID, of repository: RemoteAddress, limit: Int
    ) async throws(Failure) -> CommitFolder {
        let path = try FolderPath(path ?? "")
        let shelf = try shelf(repository)
        defer { leave(shelf) }
        return try await shelf.folder(path, at: commit, limit: limit)
    }

    package func resolve(_ name: String, of repository: RemoteAddress) async throws(Failure) -> CommitID {
        let shelf = try shelf(repository)
        defer { leave(shelf) }
        return try await shelf.resolve(name)
    }

    private func shelf(_ address: RemoteAddress) throws(Failure) -> CommitShelf {
        let remote = try access(address)
        if shelves.isEmpty {
            // What is read may be private.
            try? FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        order.removeAll { $0 == address }
        order.append(address)
        let shelf: CommitShelf
        if let known = shelves[address] {
            shelf = known
        } else {
            try LibGit2.start()
            let place = folder + "/" + Digest(of: address.description.utf8).short
            shelf = CommitShelf(folder: place, remote: remote, limits: limits, helper: helper, turn: turn ?? Turn())
            shelves[address] = shelf
        }
        shelf.readers.enter()
        return shelf
    }

    /// Lets go of mirrors that nobody reads and that are not among the last ones.
    private func leave(_ shelf: CommitShelf) {
        shelf.readers.leave()
        for address in order.dropLast(Self.kept) {
            guard let old = shelves[address], old.readers.isEmpty else { continue }
            shelves[address] = nil
            order.removeAll { $0 == address }
            old.remove()
        }
    }
}

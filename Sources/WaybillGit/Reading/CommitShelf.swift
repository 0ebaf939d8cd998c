import FoundationEssentials
import Synchronization
import WaybillCore

/// Single commits of one repository, in a mirror at `folder`.
actor CommitShelf {
    private let folder: String
    private let remote: RemoteConfiguration
    private let limits: TransferLimits
    private let reader: TreeReader
    private let files = FileStream(label: "waybill.git.shelf.files")
    private var held: Set<CommitID> = []
    private let transfers: Transfers
    /// One fetch at a time: a second one for the same commit finds it here.
    private let turn: Turn
    /// Who uses this shelf now; its owner asks before it removes it.
    nonisolated let readers = Users()

    init(folder: String, remote: RemoteConfiguration, limits: TransferLimits, helper: HelperCommand, turn: Turn) {
        self.folder = folder
        self.remote = remote
        self.limits = limits
        self.turn = turn
        transfers = Transfers(
            in: folder, remote: remote, limits: limits,
            launcher: HelperLauncher(command: helper, label: "waybill.git.commits"))
        let mirror = MirrorFolder(path: folder + "/mirror.git")
        reader = TreeReader(label: "waybill.git.shelf") { () throws(Failure) in
            do throws(LibGit2Error) { return try ObjectStore(packsOf: mirror.path) } catch {
                throw Failure(.retry, reason: ObjectStore.unreadableReason, message: error.message)
            }
        }
    }

    func file(_ path: FolderPath, at commit: CommitID, limit: Int) async throws(Failure) -> [UInt8] {
        try await bring(commit)
        do throws(Failure) {
            return try await reader.bytes(path, at: commit, limit: limit)
        } catch { throw placed(error, commit) }
    }

    func stream(
        _ path: FolderPath, at commit: CommitID, from offset: Int64, limit: Int64,
        into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) async throws(Failure) {
        try await bring(commit)
        do throws(Failure) {
            try await files.give(try await reader.locate(path, at: commit, limit: limit), from: offset, into: sink)
        } catch { throw placed(error, commit) }
    }

    func folder(_ path: FolderPath, at commit: CommitID, limit: Int) async throws(Failure) -> CommitFolder {
        try await bring(commit)
        do throws(Failure) {
            return try await reader.folder(path, at: commit, limit: limit)
        } catch { throw placed(error, commit) }
    }

    func resolve(_ name: String) async throws(Failure) -> CommitID {
        try await transfers.run(.resolve(name: name), deadline: limits.headDeadline).commit
    }

    nonisolated func remove() { try? FileManager.default.removeItem(atPath: folder) }

    private func bring(_ commit: CommitID) async throws(Failure) {
        if held.contains(commit) { return }
        await turn.take()
        defer { turn.give() }
        if held.contains(commit) { return }
        _ = try await transfers.run(
            .collect(commit: commit.hex, mirror: folder + "/mirror.git"), deadline: limits.transferDeadline)
        await reader.reopen()
        held.insert(commit)
    }

    /// Says of which repository a failure to read speaks; an unreadable mirror is fetched anew by the next try.
    private func placed(_ failure: Failure, _ commit: CommitID) -> Failure {
        if failure.reason == ObjectStore.unreadableReason {
            MirrorFolder(path: folder + "/mirror.git").markBroken()
            held = []
        }
        var failure = failure
        failure.message = "\(remote.address) at \(commit.short): \(failure.message)"
        return failure
    }
}

/// Counts users. Its lock guards the count.
final class Users: Sendable {
    private let count = Mutex(0)

    func enter() { count.withLock { $0 += 1 } }
    func leave() { count.withLock { $0 -= 1 } }
    var isEmpty: Bool { count.withLock { $0 == 0 } }
}

/// Lets one in at a time, in the order of arrival. Its lock guards who waits.
final class Turn: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(continuation)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}

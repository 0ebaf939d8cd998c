import Foundation
import Glibc
import WaybillCore
import WaybillTestSupport

@testable import WaybillServing

/// A store of environments in a folder of its own, with one lock in its repository.
struct EnvironmentFixture {
    static let tiny = "six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"

    let folder: URL
    let ledger = RecordedLedger()
    let commit: CommitID
    var variables = ProcessInfo.processInfo.environment
    var search = InterpreterSearch(folders: ["/usr/bin"], isForOthers: true)
    var limit = Duration.seconds(300)
    let lock: String
    let path: String
    var wheels: (any WheelStore)?

    init(in folder: URL, lock: String = Self.tiny, path: String = "locks/a.txt") throws {
        self.folder = folder
        self.lock = lock
        self.path = path
        commit = try CommitID(parsing: String(repeating: "b", count: 40))
    }

    var root: String { folder.appending(path: "python").path }

    var store: PythonEnvironments {
        PythonEnvironments(
            root: root, tree: MemoryTree([path: Array(lock.utf8)]), journal: Journal(storage: ledger),
            search: search, variables: variables, wheels: wheels, buildLimit: limit, now: { Timestamp(milliseconds: 5) }
        )
    }

    var environment: LockedEnvironment {
        LockedEnvironment(python: "3.11", lock: path, lockDigest: Digest(of: lock.utf8))
    }

    /// Under which its wheels are kept.
    var wheelKey: String { PythonEnvironments.wheelKey(environment.lockDigest.description, environment.python) }

    func build() async throws {
        try await store.build(environment, at: commit, ticket: try await ledger.ticket())
    }

    func failure() async -> Failure? {
        do { try await build() } catch { return error as? Failure }
        return nil
    }

    var built: [Event] { ledger.events.filter { $0.type == .environmentBuilt } }

    /// Environments and halves of them.
    var folders: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/environments"))?.sorted() ?? []
    }

    /// Output and status of a program that a replica's user runs, where there can be another user.
    func output(_ arguments: [String], asOther: Bool = geteuid() == 0) throws -> (text: String, end: ChildCommand.End) {
        let prefix = asOther ? ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []
        var output: [UInt8] = []
        let end = try ChildCommand(arguments: prefix + arguments, variables: [:], lock: nil).run(
            deadline: .now + .seconds(60), cancellation: Cancellation()
        ) { output += $0 }
        return (String(decoding: output, as: UTF8.self), end)
    }
}

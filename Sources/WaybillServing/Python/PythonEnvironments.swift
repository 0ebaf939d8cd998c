import Foundation
import Synchronization
package import WaybillCore

/// Python environments in a folder of this machine, one for each lock and interpreter, shared by replicas of any user and by every
/// process that uses the same root.
///
/// **Guarantees.** An environment has exactly the packages of its lock, by their hashes; one that is there goes on serving
/// whatever its list was, and wheels that are kept of a list are its lock. It is built once, however many ask at one time. A build that
/// a crash or a full disk cut short is never taken for one and is removed by the next; while a child of a dead controller
/// still works on it, nobody else does. Secrets that pip needs stay in its own configuration: what pip prints is
/// kept without them, bounded, in `logs/`.
///
/// **Assumptions.** Nobody but this user (and root) can write below `root`.
package final class PythonEnvironments: EnvironmentStore {
    private let root: String
    private let tree: any FleetTree
    private let journal: Journal
    private let search: InterpreterSearch
    private let variables: [String: String]
    private let buildLimit: Duration
    private let keepsUnused: Bool
    private let shelf: (any WheelStore)?
    private let now: @Sendable () -> Timestamp
    private let work = BlockingWork(label: "waybill.environments")
    /// Interpreters found, by the version asked for; asked again when the file is another.
    private let found = Mutex<[String: Sighting]>([:])

    /// - Parameters:
    ///   - root: an absolute path; made when it is first needed.
    ///   - variables: those that pip knows are passed on to it; no others.
    ///   - buildLimit: how long one build may take in all.
    ///   - wheels: keeps what environments are installed from; nil: each is fetched from its index.
    ///   - keepsUnused: true leaves environments that others may use where several state folders share one root.
    package init(
        root: String, tree: any FleetTree, journal: Journal, search: InterpreterSearch, variables: [String: String],
        wheels: (any WheelStore)? = nil, buildLimit: Duration = .seconds(1800), keepsUnused: Bool = false,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.root = root
        self.tree = tree
        self.journal = journal
        self.search = search
        self.variables = variables
        self.buildLimit = buildLimit
        self.keepsUnused = keepsUnused
        shelf = wheels
        self.now = now
    }

    /// A function of the lock's digest, the interpreter's path and its exact version.
    package func folder(for environment: LockedEnvironment) async throws(Failure) -> String {
        path(of: key(environment, try await interpreter(environment.python)))
    }

    package func isBuilt(_ environment: LockedEnvironment) async throws(Failure) -> Bool {
        EnvironmentFolder(path: try await folder(for: environment)).mark != nil
    }

    /// Records `environment.built` when it built or failed to; nothing when it was there already.
    package func build(_ environment: LockedEnvironment, at commit: CommitID, ticket: Ticket) async throws(Failure) {
        let interpreter = try await interpreter(environment.python)
        let key = key(environment, interpreter)
        let folder = EnvironmentFolder(path: path(of: key))
        if folder.mark != nil { return }
        let begin = ContinuousClock.now
        var wheels = Wheels()
        do throws(Failure) {
            let requirements = try EnvironmentLock.requirements(
                try await read(environment, at: commit), of: environment, for: interpreter)
            try makeFolders()
            let lock = try await waitForLock(key, environment)
            if folder.mark != nil { return }
            wheels = try await build(
                Site(
                    environment: environment, interpreter: interpreter, folder: folder, lock: lock,
                    logPath: "\(root)/logs/\(key).log", deadline: begin + buildLimit), requirements)
        } catch {
            try await record(key, interpreter, since: begin, failure: error, wheels, ticket: ticket)
            throw error
        }
        try await record(key, interpreter, since: begin, failure: nil, wheels, ticket: ticket)
    }

    /// Where one environment is built, with what must be held meanwhile.
    private struct Site: Sendable {
        let environment: LockedEnvironment
        let interpreter: Interpreter
        let folder: EnvironmentFolder
        let lock: BuildLock
        let logPath: String
        let deadline: ContinuousClock.Instant
    }

    /// What an environment was installed from.
    private struct Wheels {
        var count = 0
        var areKept = false
    }

    /// Builds from the wheels that are kept, or else fetches and keeps them first. Says what it was installed from.
    private func build(_ site: Site, _ requirements: RequirementsLock) async throws(Failure) -> Wheels {
        let key = wheelKey(site.environment)
        try await step(site, isFirst: true) { (build) throws(Failure) in try build.begin() }
        do throws(Failure) {
            let folder = "\(site.folder.path)/wheels"
            if let names = try await shelf?.place(key, into: folder) {
                try await step(site) { (build) throws(Failure) in try build.finish(requirements, wheels: names) }
                return Wheels(count: names.count, areKept: true)
            }
            if let problem = requirements.unhashed {
                throw requirements.failure(problem, path: site.environment.lock, python: site.environment.python)
            }
            try await step(site) { (build) throws(Failure) in try build.fetch(requirements) }
            try await shelf?.keep(key, from: folder, indexes: requirements.indexes)
            let names = try await work.run { (_) throws(Failure) in try EnvironmentFolder.names(in: folder) }
            try await step(site) { (build) throws(Failure) in try build.finish(requirements, wheels: names) }
            return Wheels(count: names.count)
        } catch {
            try? site.folder.remove()
            throw error
        }
    }

    private func step(
        _ site: Site, isFirst: Bool = false, _ body: @escaping @Sendable (EnvironmentBuild) throws(Failure) -> Void
    ) async throws(Failure) {
        try await work.run { [variables] (cancellation) throws(Failure) in
            let log = BuildLog(path: site.logPath, watching: EnvironmentFailure.telltales, continues: !isFirst)
            try body(
                EnvironmentBuild(
                    environment: site.environment, interpreter: site.interpreter, folder: site.folder, lock: site.lock,
                    log: log, variables: variables, deadline: site.deadline, cancellation: cancellation))
        }
    }

    /// Of the wheels of a lock: another patch of the interpreter takes the same ones.
    private func wheelKey(_ environment: LockedEnvironment) -> String {
        Self.wheelKey(environment.lockDigest.description, environment.python)
    }

    static func wheelKey(_ lockDigest: String, _ python: String) -> String {
        Digest(of: "waybill.wheels/1\n\(lockDigest)\n\(python)\n\(EnvironmentLock.machine)\n".utf8).hex
    }

    /// Keeps each environment of a lock that is still wanted, whatever interpreter it was built with.
    package func unneeded(keeping: Set<LockedEnvironment>, folders: Set<String>) async throws(Failure) -> [String] {
        if keepsUnused { return [] }
        let kept = Set(keeping.map { "\($0.python) \($0.lockDigest)" })
        var keys: Set<String> = []
        for environment in keeping {
            if let interpreter = try? await interpreter(environment.python) {
                keys.insert(key(environment, interpreter))
            }
        }
        let used = Set(folders.compactMap { $0.split(separator: "/").last.map(String.init) })
        return try await work.run { [root, keys] (_) throws(Failure) in
            EnvironmentSweep.keys(below: root).filter { key in
                let sweep = EnvironmentSweep(root: root, key: key)
                let isKept = sweep.mark.map { kept.contains("\($0.python) \($0.lockDigest)") } ?? keys.contains(key)
                return !isKept && !used.contains(key)
            }
        }
    }

    package func remove(_ keys: [String], ticket: Ticket) async throws(Failure) -> [String] {
        if keepsUnused { return [] }
        let shelves = Set(
            keys.compactMap { EnvironmentSweep(root: root, key: $0).mark }.map {
                Self.wheelKey($0.lockDigest, $0.python)
            })
        let gone = try await work.run { [root] (_) throws(Failure) in
            var gone: [String] = []
            for key in keys where try EnvironmentSweep(root: root, key: key).run() { gone.append(key) }
            return gone
        }
        for key in shelves { try await shelf?.forget(key) }
        return gone
    }

    private func path(of key: String) -> String { "\(root)/environments/\(key)" }

    private func key(_ environment: LockedEnvironment, _ interpreter: Interpreter) -> String {
        let identity = "waybill.environment/1\n\(environment.lockDigest)\n\(interpreter.path)\n\(interpreter.version)\n"
        return Digest(of: identity.utf8).hex
    }

    private func makeFolders() throws(Failure) {
        try EnvironmentFolder.make(root, mode: 0o711)
        try EnvironmentFolder.make("\(root)/environments", mode: 0o711)
        for name in ["locks", "logs"] { try EnvironmentFolder.make("\(root)/\(name)", mode: 0o700) }
    }

    private func interpreter(_ wanted: String) async throws(Failure) -> Interpreter {
        if let sighting = found.withLock({ $0[wanted] }), sighting.isUnchanged { return sighting.interpreter }
        let interpreter = try await work.run { [search] (cancellation) throws(Failure) in
            try search.find(wanted, cancellation: cancellation)
        }
        found.withLock { $0[wanted] = Sighting(interpreter) }
        return interpreter
    }

    private func read(_ environment: LockedEnvironment, at commit: CommitID) async throws(Failure) -> [UInt8] {
        guard let file = try await tree.file(environment.lock, at: commit) else {
            throw EnvironmentFailure.lockMissing(environment, at: commit)
        }
        let text = try await tree.read([file.blob], limit: EnvironmentLock.longest).first ?? []
        let digest = Digest(of: text)
        guard digest == environment.lockDigest else {
            throw EnvironmentFailure.lockChanged(environment, found: digest, at: commit)
        }
        return text
    }

    private func waitForLock(_ key: String, _ environment: LockedEnvironment) async throws(Failure) -> BuildLock {
        let deadline = ContinuousClock.now + buildLimit
        while ContinuousClock.now < deadline {
            if let lock = try BuildLock.take("\(root)/locks/\(key)") { return lock }
            do { try await Task.sleep(for: .milliseconds(50)) } catch { throw .cancelled }
        }
        throw Failure(
            .wait, reason: "EnvironmentBusy",
            message: "another process has been building the Python environment of \(environment.lock) for \(buildLimit)"
        )
    }

    private func record(
        _ key: String, _ interpreter: Interpreter, since begin: ContinuousClock.Instant, failure: Failure?,
        _ wheels: Wheels, ticket: Ticket
    ) async throws(Failure) {
        var body: Members = [
            "digest": .string("sha256:\(key)"), "python": .string("\(interpreter.path) (\(interpreter.version))"),
            "seconds": .number(Double((ContinuousClock.now - begin).milliseconds) / 1000),
        ]
        if failure == nil {
            body["wheels"] = .integer(Int64(wheels.count))
            body["from"] = wheels.areKept ? "store" : "index"
        }
        if let failure { body["message"] = .string(String(failure.message.prefix(4000))) }
        try await journal.note(
            Event(
                .environmentBuilt, decision: ticket.decision, cause: ticket.index, time: now(), subject: "controller",
                outcome: failure == nil ? .succeeded : .failed, body: body))
    }
}

/// An interpreter as it was when it was asked.
private struct Sighting {
    let interpreter: Interpreter
    private let attributes: [Int64]

    init(_ interpreter: Interpreter) {
        self.interpreter = interpreter
        attributes = Self.attributes(of: interpreter.path)
    }

    var isUnchanged: Bool { !attributes.isEmpty && attributes == Self.attributes(of: interpreter.path) }

    private static func attributes(of path: String) -> [Int64] {
        guard let found = try? FileManager.default.attributesOfItem(atPath: path) else { return [] }
        let modified = (found[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        return [
            (found[.size] as? NSNumber)?.int64Value ?? 0, (found[.systemFileNumber] as? NSNumber)?.int64Value ?? 0,
            Int64(modified * 1000),
        ]
    }
}

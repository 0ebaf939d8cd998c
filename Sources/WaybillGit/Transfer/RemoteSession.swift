import CLibgit2
import FoundationEssentials
import Glibc
import WaybillCore

/// One conversation with one remote, inside the helper process.
///
/// A class because the C library's callbacks get a pointer to it; it lives on one thread.
final class RemoteSession {
    let request: HelperRequest
    let secrets: SecretValues
    /// What a callback refused, in our words; it says more than the code that the C library then returns.
    var refusal: Failure?
    var received = 0
    /// Holds what comes over a network to its rate.
    var pace: TransferPace?
    /// How often the remote asked who we are. A second time means that the first answer was not good enough.
    var timesAsked = 0
    /// What the remote said of a pushed reference when it refused it.
    var pushRefusal: String?

    init(_ request: HelperRequest, secrets: SecretValues) {
        self.request = request
        self.secrets = secrets
        if case .folder = request.remote.address { return }
        pace = request.bytesPerSecond.map { TransferPace(bytesPerSecond: $0) }
    }

    var remote: RemoteConfiguration { request.remote }
    var address: String { request.remote.address.description }

    func perform(_ operation: HelperRequest.Operation) throws(Failure) -> (commit: CommitID, received: Int) {
        do throws(SystemError) {
            try prepare()
        } catch {
            throw Failure(.retry, reason: "GitHelperFailed", message: "cannot prepare '\(request.scratch)': \(error)")
        }
        switch operation {
        case .head: return (try HeadLookup(session: self).commit(), 0)
        case .fetch(let mirror): return (try Fetch(session: self, mirror: mirror).commit(), received)
        case .collect(let hex, let mirror):
            return (try CommitFetch(session: self, mirror: mirror, commit: hex).commit(), received)
        case .statements(let prefix, let mirror):
            return (try StatementFetch(session: self, mirror: mirror, prefix: prefix).commit(), received)
        case .resolve(let name): return (try NameLookup(session: self, name: name).commit(), 0)
        case .publish(let publication): return (try Publish(session: self, publication).commit(), received)
        }
    }

    /// Settings of the library that hold for the whole process, which serves this one remote.
    private func prepare() throws(SystemError) {
        _ = waybill_git_set_durable_writes(1)
        if case .ssh(_, let host, let port, _) = remote.address {
            // libssh2 learns from HOME which type of host key to ask for; the verdict on the key is ours (`HostKeyCheck`).
            let home = request.scratch + "/home"
            guard mkdir(home, 0o700) == 0, mkdir(home + "/.ssh", 0o700) == 0 else { throw .last }
            let lines = knownHosts(host: host, port: port).lines(host: host, port: port)
            guard FileManager.default.createFile(atPath: home + "/.ssh/known_hosts", contents: Data(lines.utf8)) else {
                throw .last
            }
            setenv("HOME", home, 1)
        }
    }

    func knownHosts(host: String, port: Int) -> KnownHosts {
        let files = remote.ssh?.knownHosts ?? []
        let texts = files.map {
            FileManager.default.contents(atPath: $0).map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        return KnownHosts(texts.joined(separator: "\n"), host: host, port: port)
    }

    /// Our own words for what the library reported.
    func failure(_ error: LibGit2Error) -> Failure {
        refusal ?? RemoteFailure(error, remote: remote, scratch: request.scratch).failure
    }
}

/// A connected remote of libgit2; disconnected and freed with its owner.
struct RemoteHandle: ~Copyable {
    let raw: OpaquePointer

    init(in repository: OpaquePointer, session: RemoteSession, direction: git_direction) throws(Failure) {
        if let file = session.remote.certificateFile {
            let code = waybill_git_use_certificates(file, nil)
            guard code >= 0 else {
                throw Failure(
                    .stall, reason: "CertificateFileInvalid",
                    message: "the certificate file '\(file)' cannot be read: \(LibGit2Error(code: code).message)")
            }
        }
        session.timesAsked = 0
        var made: OpaquePointer?
        var options = session.connectOptions()
        var code = git_remote_create_anonymous(&made, repository, session.address)
        if code >= 0 { code = git_remote_connect_ext(made, direction, &options) }
        guard code >= 0, let made else {
            let failure = session.failure(LibGit2Error(code: code))
            git_remote_free(made)
            throw failure
        }
        session.timesAsked = 0
        raw = made
    }

    deinit {
        git_remote_disconnect(raw)
        git_remote_free(raw)
    }

    /// The remote's references, as it lists them.
    func references() throws(LibGit2Error) -> [String: ObjectID] {
        var list: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
        var count = 0
        try check(git_remote_ls(&list, &count, raw))
        var found: [String: ObjectID] = [:]
        for index in 0..<count {
            guard let head = list?[index], let name = head.pointee.name else { continue }
            found[String(cString: name)] = ObjectID(head.pointee.oid)
        }
        return found
    }
}

extension RemoteHandle {
    /// The commit that the watched branch names.
    func branchHead(_ session: RemoteSession) throws(Failure) -> ObjectID {
        let references: [String: ObjectID]
        do throws(LibGit2Error) {
            references = try self.references()
        } catch {
            throw session.failure(error)
        }
        if let id = references[session.remote.reference] { return id }
        throw session.branchNotFound(among: Array(references.keys))
    }
}

extension RemoteSession {
    /// The remote answers, and has no such branch.
    func branchNotFound(among references: [String]) -> Failure {
        let prefix = "refs/heads/"
        let branches = references.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }.sorted()
        let shown = branches.prefix(5).map(\.quotedForMessage).joined(separator: ", ")
        let rest =
            branches.isEmpty ? "it has no branches yet; push one" : "it has \(shown)\(branches.count > 5 ? ", …" : "")"
        return Failure(
            .stall, reason: "BranchNotFound", message: "\(address): there is no branch '\(remote.branch)'; \(rest)")
    }
}

/// Names the watched branch's commit without a transfer.
struct HeadLookup {
    let session: RemoteSession

    func commit() throws(Failure) -> CommitID {
        if case .folder(let path) = session.remote.address {
            return try CommitID(try FolderSource(path: path, session: session).branchHead())
        }
        let repository = try ScratchRepository(at: session.request.scratch + "/empty.git", sharing: nil)
        let remote = try RemoteHandle(in: repository.raw, session: session, direction: GIT_DIRECTION_FETCH)
        return try CommitID(try remote.branchHead(session))
    }
}

extension CommitID {
    init(_ id: ObjectID) throws(Failure) {
        do throws(InvalidInput) {
            try self.init(parsing: id.description)
        } catch {
            throw Failure(.retry, reason: "GitFailed", message: error.message)
        }
    }
}

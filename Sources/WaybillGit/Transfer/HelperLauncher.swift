import Dispatch
import FoundationEssentials
import Glibc
import WaybillCore

/// Which program is the helper, and with which arguments it plays that part.
package struct HelperCommand: Hashable, Sendable {
    package var path: String
    package var arguments: [String]

    package init(path: String, arguments: [String]) {
        self.path = path
        self.arguments = arguments
    }

    /// This very program, also after its file was replaced by a newer one.
    package static let thisProgram = HelperCommand(path: "/proc/self/exe", arguments: ["git-helper"])
}

/// How long one operation of the network may take, and how much it may bring.
package struct TransferLimits: Hashable, Sendable {
    /// For naming the head of a branch.
    package var headDeadline: Duration
    /// For a fetch or a push.
    package var transferDeadline: Duration
    package var bytes: Int
    /// Bytes that a fetch may take each second; nil: any number.
    package var bytesPerSecond: Int?

    package init(
        headDeadline: Duration = .seconds(30), transferDeadline: Duration = .seconds(300), bytes: Int = 2 << 30,
        bytesPerSecond: Int? = nil
    ) {
        self.headDeadline = headDeadline
        self.transferDeadline = transferDeadline
        self.bytes = bytes
        self.bytesPerSecond = bytesPerSecond
    }
}

/// Runs operations of the network in helper processes, one at a time, on a thread of its own.
///
/// A silent server, a hostile pack or a crash of the C library costs the helper, never this process.
struct HelperLauncher: Sendable {
    private let command: HelperCommand
    private let queue: DispatchQueue

    init(command: HelperCommand, label: String) {
        self.command = command
        queue = DispatchQueue(label: label)
    }

    /// Runs one request. A cancelled task kills the helper.
    func run(_ request: HelperRequest, deadline: Duration) async throws(Failure) -> (commit: CommitID, received: Int) {
        let cancellation: Cancellation
        let line: [UInt8]
        do {
            cancellation = try Cancellation()
            line = try Array(JSONEncoder().encode(request)) + [UInt8(ascii: "\n")]
        } catch {
            throw Failure(.retry, reason: "GitHelperFailed", message: "cannot start the git helper: \(error)")
        }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: start(request, line, deadline, cancellation)) }
            }
        } onCancel: {
            cancellation.signal()
        }
        switch result {
        case .success(let outcome): return try HelperOutcome(request, deadline).read(outcome)
        case .failure(let error):
            throw Failure(
                .stall, reason: "GitHelperFailed", message: "cannot start the git helper '\(command.path)': \(error)")
        }
    }

    private func start(
        _ request: HelperRequest, _ line: [UInt8], _ deadline: Duration, _ cancellation: Cancellation
    ) -> Result<ChildRun.Outcome, SystemError> {
        do throws(SystemError) {
            let child = try ChildProcess(
                path: command.path, arguments: [command.path] + command.arguments,
                environment: HelperEnvironment.of(request.remote))
            return .success(
                ChildRun.run(child, input: line, deadline: .now.advanced(by: deadline), cancellation: cancellation))
        } catch {
            return .failure(error)
        }
    }
}

/// The environment that a helper gets: what finding its libraries and its remote takes, and nothing more.
enum HelperEnvironment {
    private static let inherited = [
        "PATH", "LD_LIBRARY_PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR", "https_proxy", "HTTPS_PROXY", "no_proxy",
        "NO_PROXY", "all_proxy", "ALL_PROXY",
    ]

    static func of(_ remote: RemoteConfiguration) -> [String: String] {
        var names = inherited
        for case .environment(let name) in remote.secrets { names.append(name) }
        var environment = ["LC_ALL": "C", "SWIFT_BACKTRACE": "enable=no"]
        for name in names {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }
}

extension RemoteConfiguration {
    /// Every secret that this remote may need.
    var secrets: [SecretReference] {
        var found: [SecretReference] = []
        if let credentials { found.append(credentials.secret) }
        if case .key(_, let passphrase?) = ssh?.identity { found.append(passphrase) }
        return found
    }
}

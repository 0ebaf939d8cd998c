import Dispatch
import Glibc
package import WaybillCore

/// Runs `git-lfs-authenticate` on the hosts of ssh repositories, by OpenSSH's own client: libgit2 runs no programs but git's.
///
/// Nothing of the user's own settings of ssh is read, nobody is asked anything, and only host keys of the configured files are believed.
package struct SSHProgram: LargeFileHosts {
    private let program: String
    private let deadline: Duration
    private let access: OtherRepositories.Access
    private let queue = DispatchQueue(label: "waybill.ssh", attributes: .concurrent)

    /// - Parameter access: how a repository is reached; throws for one that may not be read.
    package init(
        program: String = "/usr/bin/ssh", deadline: Duration = .seconds(30), access: @escaping OtherRepositories.Access
    ) {
        self.program = program
        self.deadline = deadline
        self.access = access
    }

    package func admit(_ repository: RemoteAddress) throws(Failure) { _ = try access(repository) }

    package func authenticate(_ repository: RemoteAddress) async throws(Failure) -> [UInt8]? {
        let remote = try access(repository)
        guard case .ssh(let user, let host, let port, let path) = repository, let ssh = remote.ssh else { return nil }
        let place = "\(repository): git-lfs-authenticate"
        guard Glibc.access(program, X_OK) == 0 else {
            throw Failure(
                .stall, reason: "ProgramMissing",
                message:
                    "\(place) is asked by '\(program)', which is not there; install openssh-client, or name the Git LFS server as "
                    + "'sources.lfs' in waybill.yaml")
        }
        let command = "git-lfs-authenticate \(Self.quoted(path)) download"
        let arguments =
            [program] + (try Self.options(ssh, deadline, place)) + ["-p", "\(port)", "-l", user, "--", host, command]
        switch try await run(arguments, HelperEnvironment.of(remote), place) {
        case .ended(.exited(0), let output, _): return output
        case .ended(.exited(127), _, _), .ended(.exited(126), _, _): return nil
        case .ended(let ending, _, let errors): throw Self.refusal(ending, errors, place)
        case .outOfTime:
            throw Failure(
                .retry, reason: "RemoteTimeout",
                message: "\(place): no answer within \(deadline.milliseconds / 1000) s; it is tried again")
        case .cancelled: throw Failure(.retry, reason: "Cancelled", message: "\(place) was cancelled")
        case .tooTalkative:
            throw Failure(
                .stall, reason: "LargeFileUnavailable", message: "\(place) gave an answer without end and was stopped")
        }
    }

    private func run(
        _ arguments: [String], _ environment: [String: String], _ place: String
    ) async throws(Failure) -> ChildRun.Outcome {
        let cancellation: Cancellation
        do throws(SystemError) { cancellation = try Cancellation() } catch { throw Self.unstarted(place, error) }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume(returning: start(arguments, environment, cancellation)) }
            }
        } onCancel: {
            cancellation.signal()
        }
        do throws(SystemError) { return try result.get() } catch { throw Self.unstarted(place, error) }
    }

    private func start(
        _ arguments: [String], _ environment: [String: String], _ cancellation: Cancellation
    ) -> Result<ChildRun.Outcome, SystemError> {
        Result { () throws(SystemError) in
            let child = try ChildProcess(path: program, arguments: arguments, environment: environment)
            return ChildRun.run(child, input: [], deadline: .now.advanced(by: deadline), cancellation: cancellation)
        }
    }

    private static func unstarted(_ place: String, _ error: SystemError) -> Failure {
        Failure(.retry, reason: "GitHelperFailed", message: "\(place): ssh cannot be started: \(error)")
    }

    private static func options(
        _ ssh: SSHCredentials, _ deadline: Duration, _ place: String
    ) throws(Failure) -> [String] {
        var options = [
            "BatchMode=yes", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no",
            "UserKnownHostsFile=\(ssh.knownHosts.map(named).joined(separator: " "))", "ForwardAgent=no",
            "ClearAllForwardings=yes", "PreferredAuthentications=publickey", "LogLevel=ERROR",
            "ConnectTimeout=\(max(1, deadline.components.seconds))",
        ]
        var identity: [String] = []
        switch ssh.identity {
        case .agent: break
        case .key(let path, nil):
            options += ["IdentitiesOnly=yes", "IdentityAgent=none"]
            identity = ["-i", path]
        case .key(let path, .some):
            throw Failure(
                .stall, reason: "CredentialInvalid",
                message:
                    "\(place): the SSH key '\(path)' has a passphrase, which the ssh program is not given; load the key into an agent, or "
                    + "name the Git LFS server as 'sources.lfs' in waybill.yaml")
        }
        return ["-F", "/dev/null", "-T", "-x"] + options.flatMap { ["-o", $0] } + identity
    }

    /// A path as ssh's settings write it: quoted, no variable and no token in it.
    private static func named(_ path: String) -> String {
        let safe = path.replacing("%", with: "%%").replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(safe)\""
    }

    /// As git quotes the paths that it sends to a host's shell.
    static func quoted(_ path: String) -> String {
        "'\(path.replacing("'", with: "'\\''").replacing("!", with: "'\\!'"))'"
    }

    /// ssh itself ends with 255; every other code is the program's.
    private static func refusal(_ ending: ChildProcess.Ending, _ errors: [UInt8], _ place: String) -> Failure {
        let text = String(decoding: errors, as: UTF8.self)
        let last = text.split(whereSeparator: \.isNewline).last.map { ": \($0.quotedForMessage)" } ?? ""
        guard case .exited(255) = ending else {
            return Failure(
                .stall, reason: "LargeFileUnavailable",
                message: "\(place) refuses\(last); ask the host's operator for the right to read")
        }
        if text.contains("Host key verification failed") || text.contains("host key is known for") {
            return Failure(
                .stall, reason: "HostKeyUnknown",
                message: "\(place): the host's key is not among those of 'repository.knownHosts'\(last)")
        }
        if text.contains("Permission denied") {
            return Failure(
                .stall, reason: "RemoteUnauthorized",
                message: "\(place): the host refuses the key\(last); give it the right to read there")
        }
        return Failure(.retry, reason: "RemoteUnreachable", message: "\(place): no connection\(last)")
    }
}

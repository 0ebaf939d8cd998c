package import Foundation
import Glibc

/// A real sshd on a loopback port of its own, whose sessions find programs of the test's own first.
package final class SSHDaemon: Sendable {
    package let port: Int
    package let place: String
    private let server: ChildProgram

    /// sshd runs commands through the user's own shell, and refuses users without one.
    package static let isAvailable: Bool = {
        let shell = getpwuid(getuid()).map { String(cString: $0.pointee.pw_shell) } ?? ""
        let hasShell = !shell.isEmpty && !shell.hasSuffix("/nologin") && !shell.hasSuffix("/false")
        return hasShell && FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")
    }()

    package var key: String { place + "/user" }
    package var knownHosts: String { place + "/known hosts" }
    package var user: String { NSUserName() }

    /// - Parameter programs: a folder of programs.
    package init(in folder: URL, programs: URL) async throws {
        place = folder.appending(path: "sshd").path
        port = try PlainSocket.freePort()
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        if getuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        for name in ["host", "user", "stranger"] {
            let made = try ChildProgram.runNow(
                ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(place)/\(name)"])
            guard made.status == 0 else { throw ScriptServerError(description: made.errors) }
        }
        try FileManager.default.copyItem(atPath: place + "/user.pub", toPath: place + "/authorized_keys")
        let settings = """
            ListenAddress 127.0.0.1:\(port)
            HostKey \(place)/host
            AuthorizedKeysFile \(place)/authorized_keys
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            SetEnv "PATH=\(programs.path):/usr/bin:/bin"

            """
        try Data(settings.utf8).write(to: URL(filePath: place + "/sshd_config"))
        server = try ChildProgram(
            ["/usr/sbin/sshd", "-D", "-e", "-f", place + "/sshd_config"], output: URL(filePath: place + "/log"))
        try await believe("host")
        for _ in 0..<200 where (try? PlainSocket(connectingTo: port, timeout: 1)) == nil {
            try await Task.sleep(for: .milliseconds(25))
        }
    }

    deinit { server.end() }

    /// Writes down a key as the host's.
    package func believe(_ name: String) async throws {
        let parts = try String(contentsOfFile: "\(place)/\(name).pub", encoding: .utf8).split(separator: " ")
        try Data("[127.0.0.1]:\(port) \(parts[0]) \(parts[1])\n".utf8).write(to: URL(filePath: knownHosts))
    }

    package func url(_ path: String) -> String { "ssh://\(user)@127.0.0.1:\(port)\(path)" }

    /// How git is told to reach it.
    package var command: String {
        "ssh -F /dev/null -i \(key) -o IdentitiesOnly=yes -o 'UserKnownHostsFile=\"\(knownHosts)\"'"
    }
}

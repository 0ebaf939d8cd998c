import Foundation
import Testing

@testable import WaybillGit

/// A real sshd on a loopback port of its own, with its own host key and one user key.
final class SSHServer: Sendable {
    let port: Int
    let userKey: String
    let knownHosts: String
    /// As `known_hosts` names the host key: type and base64.
    let hostKey: String
    private let server: RunningServer

    static let isAvailable = Shell.has("/usr/sbin/sshd", "/usr/bin/ssh-keygen") && Python.isAvailable

    /// - Parameter hostKeyType: of the only host key that the server has.
    init(in folder: URL, hostKeyType: String = "ed25519", userKeyType: String = "ed25519") async throws {
        let place = folder.appending(path: "ssh-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        if getuid() == 0 {
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        for (name, type) in [("host", hostKeyType), ("user", userKeyType)] {
            _ = try await Shell.run("ssh-keygen", "-q", "-t", type, "-N", "", "-f", "\(place)/\(name)")
        }
        try FileManager.default.copyItem(atPath: place + "/user.pub", toPath: place + "/authorized_keys")
        let parts = try String(contentsOfFile: place + "/host.pub", encoding: .utf8).split(separator: " ")
        hostKey = "\(parts[0]) \(parts[1])"
        port = try Self.freePort()
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

            """
        try Data(settings.utf8).write(to: URL(filePath: place + "/sshd_config"))
        userKey = place + "/user"
        knownHosts = place + "/known_hosts"
        try Data("[127.0.0.1]:\(port) \(hostKey)\n".utf8).write(to: URL(filePath: knownHosts))
        server = try RunningServer(
            // sshd does not watch its standard input: a shell ends it with the test process.
            ["/bin/sh", "-c", "/usr/sbin/sshd -D -f '\(place)/sshd_config' & read line; kill $!"], home: place)
        try await waitUntilListening(port)
    }

    func url(_ path: String) -> String { "ssh://\(NSUserName())@127.0.0.1:\(port)\(path)" }

    /// A port that nothing listens on. Another process may take it first; sshd then ends and the test says so.
    private static func freePort() throws -> Int {
        let listener = try Listener()
        return listener.port
    }
}

/// Waits until something accepts connections on a loopback port.
func waitUntilListening(_ port: Int) async throws {
    for _ in 0..<500 {
        if Listener.canConnect(port) { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw CommandFailed(description: "nothing listens on port \(port)")
}

/// A socket that accepts connections and says nothing.
final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(socket, address, size) + listen(socket, 16) + getsockname(socket, address, &size)
            }
        }
        guard code == 0 else { throw SystemError.last }
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }

    static func canConnect(_ port: Int) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(socket, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}

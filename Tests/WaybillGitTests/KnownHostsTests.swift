import Foundation
import Testing
import WaybillTestSupport

@testable import WaybillGit

@Suite struct KnownHostsTests {
    private static let key = Array("the key".utf8)
    private static let good = Data(key).base64EncodedString()
    private static let other = Data("another".utf8).base64EncodedString()

    @Test(arguments: [
        ("git.example.org ssh-ed25519 \(good)", KnownHosts.Verdict.trusted),
        ("GIT.example.org,10.0.0.1 ssh-ed25519 \(good) comment", .trusted),
        ("*.example.org ssh-ed25519 \(good)", .trusted),
        ("git.example.or? ssh-ed25519 \(good)", .trusted),
        ("*.example.org,!git.example.org ssh-ed25519 \(good)", .unknown),
        ("[git.example.org]:2222 ssh-ed25519 \(good)", .unknown),
        ("git.example.org ssh-ed25519 \(other)", .changed(to: ["ssh-ed25519"])),
        ("git.example.org ssh-rsa \(other)\ngit.example.org ssh-ed25519 \(good)", .trusted),
        ("git.example.org ssh-ed25519 \(good)\n@revoked * ssh-ed25519 \(good)", .revoked),
        ("@cert-authority *.example.org ssh-ed25519 \(good)", .unknown),
        ("# git.example.org ssh-ed25519 \(good)", .unknown),
        ("git.example.org", .unknown),
        ("git.example.org ssh-ed25519 !!!", .unknown),
        ("|1|AAAA|BBBB|CC ssh-ed25519 \(good)", .unknown),
        ("", .unknown),
    ])
    func `a host key is judged by the file's lines`(text: String, verdict: KnownHosts.Verdict) {
        #expect(KnownHosts(text, host: "git.example.org", port: 22).verdict(on: Self.key) == verdict)
    }

    @Test func `another port has a name of its own`() {
        let text = "[git.example.org]:2222 ssh-ed25519 \(Self.good)"
        let hosts = KnownHosts(text, host: "git.example.org", port: 2222)
        #expect(hosts.verdict(on: Self.key) == .trusted)
        #expect(hosts.lines(host: "git.example.org", port: 2222) == text + "\n")
    }

    @Test(.enabled(if: Shell.has("/usr/bin/ssh-keygen")))
    func `hashed names of ssh-keygen are found`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "known_hosts")
            _ = try await Shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.path + "/id")
            let key = try String(contentsOf: folder.appending(path: "id.pub"), encoding: .utf8)
            try Data("git.example.org \(key)".utf8).write(to: file)
            _ = try await Shell.run("ssh-keygen", "-H", "-f", file.path)
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.hasPrefix("|1|"))
            let bytes = try #require(Data(base64Encoded: String(key.split(separator: " ")[1])))
            #expect(KnownHosts(text, host: "git.example.org", port: 22).verdict(on: Array(bytes)) == .trusted)
            #expect(KnownHosts(text, host: "example.org", port: 22).verdict(on: Array(bytes)) == .unknown)
        }
    }
}

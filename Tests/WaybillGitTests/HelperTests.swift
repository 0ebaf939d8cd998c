import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillGit

@Suite struct HelperTests {
    /// A helper that runs `script` in a shell.
    private func script(_ text: String) -> HelperCommand { HelperCommand(path: "/bin/sh", arguments: ["-c", text]) }

    @Test(arguments: [
        (
            "kill -SEGV $$", "GitHelperCrashed", Disposition.retry,
            "the git helper ended by signal 11 (Segmentation fault) during the look at the branch; nothing was taken from the "
                + "remote, it is tried again"
        ),
        (
            "echo 'Fatal error: it broke' >&2; exit 3", "GitHelperCrashed", .retry,
            "the git helper ended with exit code 3 during the look at the branch: 'Fatal error: it broke'; nothing was taken "
                + "from the remote, it is tried again"
        ),
        ("exit 0", "GitHelperFailed", .retry, "the git helper ended without an answer"),
        ("echo '{\"done\":{}}'", "GitHelperFailed", .retry, "the git helper ended without an answer"),
        ("exec cat /dev/zero", "GitHelperFailed", .retry, "the git helper gave an answer without end and was stopped"),
        (
            "sleep 1000 & sleep 1000", "RemoteTimeout", .retry,
            "no answer within 1 s; the look at the branch was stopped, it is tried again"
        ),
    ])
    func `a helper that fails costs one call`(
        text: String, reason: String, disposition: Disposition, message: String
    ) async throws {
        try await withOrigin { origin in
            let mirror = try origin.mirror(
                limits: TransferLimits(headDeadline: .seconds(reason == "RemoteTimeout" ? 1 : 60)), helper: script(text)
            )
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            #expect(refused == Failure(disposition, reason: reason, message: "\(origin.path): \(message)"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: origin.folder + "/state") == [])
        }
    }

    @Test func `a helper that is not there needs a person`() async throws {
        try await withOrigin { origin in
            let mirror = try origin.mirror(helper: HelperCommand(path: "/nowhere/waybill", arguments: []))
            let refused = await failure { () async throws(Failure) in try await mirror.fetch() }
            #expect(
                refused
                    == Failure(
                        .stall, reason: "GitHelperFailed",
                        message: "cannot start the git helper '/nowhere/waybill': No such file or directory"))
        }
    }

    @Test func `a helper inherits three descriptors and no other variable`() async throws {
        try await withOrigin { origin in
            let kept = try Listener()
            setenv("WAYBILL_TEST_TOKEN", "hunter2", 1)
            setenv("WAYBILL_TEST_OTHER", "private", 1)
            let report = origin.folder + "/report"
            let text = "env > \(report); exec ls /proc/self/fd >> \(report)"
            let mirror = try MirrorRepository(
                folder: origin.folder + "/state",
                remote: RemoteConfiguration(
                    url: "https://example.org/fleet", branch: "main",
                    credentials: BasicCredentials(secret: .environment("WAYBILL_TEST_TOKEN"))), helper: script(text))
            _ = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            let lines = try String(contentsOfFile: report, encoding: .utf8).split(separator: "\n")
            #expect(lines.filter { Int($0) != nil } == ["0", "1", "2", "3"], "the fourth is the folder that ls reads")
            #expect(lines.contains("WAYBILL_TEST_TOKEN=hunter2"))
            #expect(!lines.contains { $0.hasPrefix("WAYBILL_TEST_OTHER") })
            withExtendedLifetime(kept) {}
        }
    }

    @Test(arguments: ["https", "ssh"])
    func `a server that says nothing costs its deadline`(scheme: String) async throws {
        try await withOrigin { origin in
            let silent = try Listener()
            let url = "\(scheme)://127.0.0.1:\(silent.port)/fleet"
            let ssh = SSHCredentials(identity: .agent, knownHosts: [])
            let mirror = try MirrorRepository(
                folder: origin.folder + "/state",
                remote: RemoteConfiguration(url: url, branch: "main", ssh: scheme == "ssh" ? ssh : nil),
                limits: TransferLimits(headDeadline: .seconds(1)), helper: helper)
            let refused = await failure { () async throws(Failure) in try await mirror.remoteHead() }
            let shown = scheme == "ssh" ? "ssh://git@127.0.0.1:\(silent.port)/fleet" : url
            #expect(
                refused
                    == Failure(
                        .retry, reason: "RemoteTimeout",
                        message: "\(shown): no answer within 1 s; the look at the branch was stopped, it is tried again"
                    ))
        }
    }

    @Test func `a cancelled call ends its helper`() async throws {
        try await withOrigin { origin in
            let started = origin.folder + "/started"
            let mirror = try origin.mirror(
                helper: script("echo $$ > \(started).new; mv \(started).new \(started); sleep 1000"))
            let refused = await withTaskGroup(of: Failure?.self) { group in
                group.addTask { await failure { () async throws(Failure) in try await mirror.remoteHead() } }
                for _ in 0..<1000 where !FileManager.default.fileExists(atPath: started) {
                    try? await Task.sleep(for: .milliseconds(10))
                }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(
                refused
                    == Failure(
                        .retry, reason: "Cancelled", message: "\(origin.path): the look at the branch was cancelled"))
            let text = try String(contentsOfFile: started, encoding: .utf8).trimmingCharacters(in: .newlines)
            #expect(kill(try #require(pid_t(text)), 0) == -1)
        }
    }

    @Test func `a helper whose parent died ends itself`() async throws {
        try await withOrigin { origin in
            let silent = try Listener()
            let request = HelperRequest(
                operation: .head,
                remote: try RemoteConfiguration(url: "https://127.0.0.1:\(silent.port)/x", branch: "main"),
                scratch: origin.folder, byteLimit: 1 << 20, seconds: 600)
            let line = try JSONEncoder().encode(request) + Data("\n".utf8)
            // Standard input ends right after the request, as it does when the parent is killed.
            await #expect(throws: CommandFailed.self) {
                try await Shell.run([helper.path], home: origin.folder, input: Array(line))
            }
        }
    }

    @Test func `what is not a request is refused`() async throws {
        await #expect(throws: CommandFailed.self) { try await Shell.run([helper.path], input: Array("hello\n".utf8)) }
        await #expect(throws: CommandFailed.self) { try await Shell.run([helper.path]) }
    }
}

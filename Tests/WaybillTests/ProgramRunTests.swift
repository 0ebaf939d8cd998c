import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// Programs of the user's, run to their end.
@Suite struct ProgramRunTests {
    /// More than any pipe holds.
    private static let much = 1 << 20

    @Test func `whatever a program writes to either stream, and whatever it leaves unread, it ends`() throws {
        let script = "head -c \(Self.much) /dev/zero >&2; head -c \(Self.much) /dev/zero; exit 3"
        let run = try ProgramRun(
            ["sh", "-c", script], input: [UInt8](repeating: 0x61, count: Self.much), errors: .kept)
        #expect(run.status == 3)
        #expect(run.output == [UInt8](repeating: 0, count: Self.much))
        #expect(run.errors == run.output)
    }

    @Test func `it reads what it is given and has the variables beside ours`() throws {
        let run = try ProgramRun(
            ["sh", "-c", "cat; printf %s \"$EXTRA$LEFT\""], input: Array("in ".utf8), variables: ["EXTRA": "more"],
            errors: .dropped)
        #expect(String(decoding: run.output, as: UTF8.self) == "in more")
        #expect(run.errors == [])
    }

    @Test func `what it leaves in the background keeps nobody waiting`() throws {
        let run = try ProgramRun(["sh", "-c", "(sleep 600 & echo $!)"], errors: .kept)
        let left = try #require(Int32(String(decoding: run.output, as: UTF8.self).trimmingCharacters(in: .newlines)))
        // It is still there.
        #expect(kill(left, SIGKILL) == 0)
    }

    @Test func `a program that is not there is told, and a signal that ended one`() throws {
        #expect {
            try ProgramRun(["waybill-no-such-program"], errors: .dropped)
        } throws: { error in
            (error as? ProgramRun.NotRun)?.message.contains("No such file or directory") ?? false
        }
        #expect(try ProgramRun(["sh", "-c", "kill -9 $$"], errors: .dropped).status == 137)
    }

    @Test func `git that writes much to its standard error is told, not waited for`() async throws {
        try await withTemporaryFolder { folder in
            let git = GitProgram(folder: folder.path)
            try git.run(["init", "-q"])
            try git.run(["config", "alias.loud", "!head -c \(Self.much) /dev/zero | tr '\\0' x >&2; false"])
            // It reads nothing of what it is given.
            #expect {
                try git.run(["loud"], input: [UInt8](repeating: 0x61, count: Self.much))
            } throws: { error in
                "\(error)".contains("git loud failed: xxxx")
            }
        }
    }
}

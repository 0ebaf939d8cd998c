import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

@Suite struct ProgressLineTests {
    /// A terminal that keeps what was written, and a clock that stands.
    private final class Screen: Sendable {
        let texts = Mutex<[String]>([])
        let time = Mutex(ContinuousClock.now)

        func line(isShown: Bool = true) -> ProgressLine {
            ProgressLine(isShown: isShown, now: { self.time.withLock { $0 } }) { text in
                self.texts.withLock { $0.append(text.replacing("\r\u{1b}[K", with: "")) }
            }
        }

        var written: [String] { texts.withLock { $0 } }
    }

    @Test func `the line moves with the bytes, ten times a second at most, and says the end at once`() {
        let screen = Screen()
        let line = screen.line()
        for done in stride(from: Int64(0), through: 2 << 20, by: 1024) {
            line.show("hashed", done, of: 2 << 20)
            // 2000 pieces each second.
            screen.time.withLock { $0 += .microseconds(500) }
        }
        line.show("hashed", 2 << 20, of: 2 << 20)
        line.clear()
        #expect(screen.written.first == "hashed 0 B of 2 MiB (0 %)")
        #expect(screen.written[1] == "hashed 200 KiB of 2 MiB (9 %)")
        #expect(screen.written.suffix(2) == ["hashed 2 MiB of 2 MiB (100 %)", ""])
        #expect(screen.written.count == 13)
    }

    @Test func `what moves within a percent is seen, and what does not move is not written again`() {
        let screen = Screen()
        let line = screen.line()
        for done in [Int64](repeating: 1 << 30, count: 3) + [1_181_116_006] {
            line.show("packaging", done, of: 5 << 40)
            screen.time.withLock { $0 += .seconds(1) }
        }
        #expect(
            screen.written == ["packaging 1 GiB of 5 TiB (0 %)", "packaging 1.1 GiB of 5 TiB (0 %)"])
    }

    @Test func `nothing is written where nobody looks`() async throws {
        let screen = Screen()
        let line = screen.line(isShown: false)
        line.show("hashed", 1, of: 2)
        #expect(try await line.following("packaging", { (1, 2) }) { 7 } == 7)
        line.clear()
        #expect(screen.written == [])
    }

    @Test func `work is followed while it lasts, and the line is cleared after it`() async throws {
        let screen = Screen()
        let done = Mutex<Int64>(0)
        let line = screen.line()
        let result = try await line.following("packaging", { (done.withLock { $0 }, 3072) }) {
            for step in Int64(1)...3 {
                while screen.written.count < step { try await Task.sleep(for: .milliseconds(1)) }
                screen.time.withLock { $0 += .seconds(1) }
                done.withLock { $0 = step * 1024 }
            }
            return "made"
        }
        #expect(result == "made")
        #expect(
            screen.written.prefix(3) == [
                "packaging 0 B of 3 KiB (0 %)", "packaging 1 KiB of 3 KiB (33 %)", "packaging 2 KiB of 3 KiB (66 %)",
            ])
        #expect(screen.written.last == "")
    }

    @Test func `on a terminal a build and a check of the store say how far they are`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let program = BuiltProgram(folder: folder, variables: ["WAYBILL_STATE": folder.path + "/state"])
            #expect(try program.run(["init", "fleet"]).code == 0)
            func onTerminal(_ arguments: [String]) throws -> String {
                let python = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
                let waybill = BuiltProgram.products.appending(path: "waybill").path
                let result = try program.run(
                    URL(filePath: "/usr/bin/python3"), ["-c", python, waybill, "package"] + arguments)
                #expect(result.code == 0, "\(result.output)")
                return result.output
            }
            let built = try onTerminal(["build", "greeting@1.0.0", "--repository", "fleet"])
            #expect(built.contains("\r\u{1b}[Kpackaging 0 B of "), "\(built)")
            let verified = try onTerminal(["verify", "--all"])
            #expect(verified.contains("\r\u{1b}[Khashed 0 B of "), "\(verified)")
            #expect(verified.contains(" (100 %)\r\u{1b}[K"), "\(verified)")
        }
    }
}

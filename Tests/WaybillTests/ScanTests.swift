import Foundation
import Testing
import WaybillTestSupport

/// `waybill package scan`: no manifest, no controller.
@Suite struct ScanTests {
    private func withFiles(_ body: (BuiltProgram) throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let models = folder.appending(path: "models")
            try FileManager.default.createDirectory(at: models, withIntermediateDirectories: true)
            try Data([0x80, 0x04, 0x5D, 0x2E]).write(to: models.appending(path: "good.pkl"))
            try Data([0x80, 0x02] + Array("cposix\nsystem\n(Vid\ntR.".utf8)).write(
                to: models.appending(path: "bad.pkl"))
            try Data("text".utf8).write(to: models.appending(path: "other.pkl"))
            try body(BuiltProgram(folder: folder))
        }
    }

    @Test func `one line a file says what it is and why`() async throws {
        try await withFiles { program in
            let result = try program.run(["package", "scan", "models"])
            #expect(
                result.output == """
                    models/bad.pkl: dangerous (pickle): REDUCE calls posix.system("id") at byte 22
                    models/good.pkl: safe (pickle)
                    models/other.pkl: dangerous (text): is named .pkl, and its bytes are text

                    """)
            #expect(result.code == 1)
            #expect(try program.run(["package", "scan", "models/good.pkl"]).code == 0)
        }
    }

    @Test func `a list of one's own allows more`() async throws {
        try await withFiles { program in
            try Data("posix system\n".utf8).write(to: program.folder.appending(path: "allow.txt"))
            let result = try program.run(["package", "scan", "models/bad.pkl", "--allow", "allow.txt"])
            #expect(result.output == "models/bad.pkl: safe (pickle)\n")
            #expect(result.code == 0)
        }
    }

    @Test func `what is not looked into is said, and never safe`() async throws {
        try await withTemporaryFolder { folder in
            let models = folder.appending(path: "models")
            try FileManager.default.createDirectory(
                at: folder.appending(path: "elsewhere/deep"), withIntermediateDirectories: true)
            try FileManager.default.createDirectory(
                at: models.appending(path: "sub"), withIntermediateDirectories: true)
            for path in ["elsewhere/a.pkl", "models/good.pkl", "models/sub/good.pkl"] {
                try Data([0x80, 0x04, 0x5D, 0x2E]).write(to: folder.appending(path: path))
            }
            let link = models.appending(path: "link").path
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: models.appending(path: "one.pkl").path, withDestinationPath: "../elsewhere/a.pkl")
            let program = BuiltProgram(folder: folder)
            let result = try program.run(["package", "scan", "models"])
            #expect(
                result.output == """
                    models/good.pkl: safe (pickle)
                    models/link: unscanned: is a link to a folder, which is not followed; name the folder itself
                    models/one.pkl: safe (pickle)
                    models/sub/good.pkl: safe (pickle)

                    """)
            #expect(result.code == 1)
            #expect(try program.run(["package", "scan", "models/link"]).output == "models/link/a.pkl: safe (pickle)\n")
        }
    }
}

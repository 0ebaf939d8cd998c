import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Wheels in the content store` {
    private func folder(_ name: String, in folder: URL, _ files: [String: String] = [:]) throws -> String {
        let made = folder.appending(path: name)
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        for (file, text) in files { try Data(text.utf8).write(to: made.appending(path: file)) }
        return made.path
    }

    @Test func `come back as they were, each once, while their environment is wanted`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let content = try StoreFixture(in: folder).content
            let wheels = ContentWheels(content: content)
            let from = try self.folder(
                "from", in: folder,
                ["six-1.16.0-py2.py3-none-any.whl": "six", "a-1+cpu-py3-none-any.whl": "a", "lock.txt": "x"])
            #expect(try await wheels.place("one", into: from) == nil)
            try await wheels.keep("one", from: from)
            try await wheels.keep("two", from: from)
            #expect(try await content.blobs().count == 2)

            let to = try self.folder("to", in: folder)
            let names = ["a-1+cpu-py3-none-any.whl", "six-1.16.0-py2.py3-none-any.whl"]
            #expect(try await wheels.place("two", into: to) == names)
            #expect(try String(contentsOfFile: "\(to)/\(names[1])", encoding: .utf8) == "six")

            #expect(try await ContentCollection(content, roots: []).run(dryRun: false).isEmpty)
            try await wheels.forget("one")
            #expect(try await ContentCollection(content, roots: []).run(dryRun: false).isEmpty)
            try await wheels.forget("two")
            #expect(try await ContentCollection(content, roots: []).run(dryRun: false).blobs == 2)
        }
    }

    @Test func `that rotted are fetched instead`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let content = try StoreFixture(in: folder).content
            let wheels = ContentWheels(content: content)
            let name = "six-1.16.0-py2.py3-none-any.whl"
            let from = try self.folder("from", in: folder, [name: "six"])
            try await wheels.keep("one", from: from)
            let blob = content.layout.blob(Digest(of: "six".utf8))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: blob)
            try Data("SIX".utf8).write(to: URL(filePath: blob))
            #expect(try await wheels.place("one", into: try self.folder("to", in: folder)) == nil)
            try await wheels.keep("one", from: from)
            #expect(try await wheels.place("one", into: try self.folder("again", in: folder)) == [name])
        }
    }

    @Test func `have names that lead nowhere else`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let content = try StoreFixture(in: folder).content
            try content.layout.make()
            let list = #"[{"name": "../six.whl", "digest": "sha256:\#(String(repeating: "0", count: 64))", "size": 1}]"#
            try Data(list.utf8).write(to: URL(filePath: content.layout.wheels("one")))
            let to = try self.folder("to", in: folder)
            #expect(try await ContentWheels(content: content).place("one", into: to) == nil)
            let odd = try self.folder("odd", in: folder, ["--index-url.whl": "x", ".hidden.whl": "y"])
            try await ContentWheels(content: content).keep("two", from: odd)
            #expect(try await content.blobs().isEmpty)
        }
    }
}

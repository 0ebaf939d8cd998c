import Foundation
import Testing
import WaybillCore
import WaybillTrust

@Suite struct StoredZipTests {
    private static let members = [
        StoredZip.Member("b/second", [1, 2, 3]), StoredZip.Member("a.txt", Array("hello".utf8)),
    ]

    @Test func `a zip is a function of its members, and comes back whole`() throws {
        let zip = try StoredZip(Self.members)
        #expect(zip.members.map(\.name) == ["a.txt", "b/second"])
        #expect(try StoredZip(Self.members.reversed()).bytes == zip.bytes)
        #expect(try StoredZip(reading: zip.bytes) == zip)
        #expect(zip["a.txt"] == Array("hello".utf8) && zip["c"] == nil)
    }

    @Test func `unzip reads it and finds nothing wrong`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "zip-\(UUID().uuidString).zip")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(try StoredZip(Self.members).bytes).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [
            "-c",
            "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); sys.exit(z.testzip() or z.namelist() != ['a.txt', 'b/second'])",
            file.path,
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test(arguments: ["", "/etc/passwd", "a/../b", "a//b", ".hidden", "a/", "a b", "a\\b", "ä"])
    func `a name that leads anywhere else is refused`(name: String) {
        #expect(throws: InvalidInput("\(name.quotedForMessage) is no name that a pack has")) {
            try StoredZip([StoredZip.Member(name, [])])
        }
    }

    @Test func `a name that is there twice is refused`() {
        #expect(throws: InvalidInput("'a' is there twice")) {
            try StoredZip([StoredZip.Member("a", [1]), StoredZip.Member("a", [2])])
        }
    }

    /// Every byte of a zip says something: no change of one goes unseen, nor does anything before, between or behind.
    @Test func `no byte can be changed, added or taken away`() throws {
        let whole = try StoredZip(Self.members).bytes
        for place in whole.indices {
            var altered = whole
            altered[place] ^= 0x01
            // What a member says may change with its checksum only, and that stands twice.
            #expect(throws: InvalidInput.self, "byte \(place)") { try StoredZip(reading: altered) }
        }
        for length in 0..<whole.count {
            #expect(throws: InvalidInput.self) { try StoredZip(reading: Array(whole.prefix(length))) }
        }
        #expect(throws: InvalidInput.self) { try StoredZip(reading: whole + [0]) }
        #expect(throws: InvalidInput.self) { try StoredZip(reading: [0] + whole) }
    }

    @Test func `a member that is packed is refused before it is unpacked`() throws {
        var packed = try StoredZip(Self.members).bytes
        packed[8] = 8
        #expect(throws: InvalidInput("'a.txt' is packed or encrypted; a pack stores its members as they are")) {
            try StoredZip(reading: packed)
        }
    }
}

@Suite struct GitObjectTests {
    @Test func `an object has git's own id, and a tree leads on by it`() throws {
        // `printf hello | git hash-object --stdin`, and the empty tree.
        #expect(GitObject(.blob, Array("hello".utf8)).id == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0")
        #expect(GitObject(.tree, []).id == "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
        let blob = GitObject(.blob, Array("hello".utf8))
        let raw = { (id: String) in (0..<20).map { UInt8(id.dropFirst(2 * $0).prefix(2), radix: 16) ?? 0 } }
        let inner = GitObject(.tree, Array("100644 a.yaml\u{0}".utf8) + raw(blob.id))
        let top = GitObject(.tree, Array("40000 models\u{0}".utf8) + raw(inner.id))
        let commit = GitObject(.commit, Array("tree \(top.id)\nauthor A <a@b> 0 +0000\n\nm\n".utf8))
        var objects = Dictionary(uniqueKeysWithValues: [blob, inner, top, commit].map { ($0.id, $0) })
        #expect(try GitObject(stored: commit.stored) == commit)
        #expect(try objects.blob(at: "models/a.yaml", of: commit.id) == blob)
        #expect(throws: InvalidInput("tree \(inner.id) has no one entry 'b.yaml' on the way to models/b.yaml")) {
            try objects.blob(at: "models/b.yaml", of: commit.id)
        }
        objects[inner.id] = nil
        #expect(throws: InvalidInput("tree \(inner.id) on the way to models/a.yaml is not in the pack")) {
            try objects.blob(at: "models/a.yaml", of: commit.id)
        }
    }

    @Test(arguments: ["", "blob 3\u{0}ab", "blob", "tag 0\u{0}", "blob 03\u{0}abc"])
    func `what is no whole object is refused`(text: String) {
        #expect(throws: InvalidInput("it is no git object")) { try GitObject(stored: Array(text.utf8)) }
    }
}

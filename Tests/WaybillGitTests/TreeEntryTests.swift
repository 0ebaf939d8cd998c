import Testing

@testable import WaybillGit

@Suite struct TreeEntryTests {
    @Test(arguments: [
        ("a.yaml", nil),
        ("Überblick 概要.yaml", nil),
        ("a\\b", nil),
        (".gitignore", nil),
        ("...", nil),
        ("", "is empty"),
        (".", "is '.'"),
        ("..", "is '..'"),
        ("a/b", "has a slash in it"),
        ("a\nb", "has a control character in it"),
        ("a\u{9b}31m", "has a control character in it"),
        (".git", "is '.git', or is taken for it by some file system"),
        (".GiT", "is '.git', or is taken for it by some file system"),
        (".git. .", "is '.git', or is taken for it by some file system"),
        ("git~1", "is '.git', or is taken for it by some file system"),
        ("GIT~1 ", "is '.git', or is taken for it by some file system"),
        (".git::$INDEX_ALLOCATION", "is '.git', or is taken for it by some file system"),
        (".git\\hooks", "is '.git', or is taken for it by some file system"),
        (".g\u{200c}it", "is '.git', or is taken for it by some file system"),
        ("\u{feff}.git", "is '.git', or is taken for it by some file system"),
        (String(repeating: "x", count: 255), nil),
        (String(repeating: "x", count: 256), "has 256 bytes; at most 255 are allowed"),
    ])
    func `a name is judged as git fsck does, and a little harder`(name: String, problem: String?) {
        #expect(EntryName.problem(with: Array(name.utf8)) == problem)
    }

    @Test func `bytes that are not UTF-8 are no name`() {
        #expect(EntryName.problem(with: [0x61, 0xff]) == "is not UTF-8")
    }

    private static let id = String(repeating: "1", count: 40)

    @Test(arguments: [
        (treeLine("100644", [0x61], id), [TreeEntry.Kind.file]),
        (treeLine("100755", [0x61], id) + treeLine("40000", [0x62], id), [.file, .folder]),
        (treeLine("040000", [0x62], id), [.folder]),
        (treeLine("120000", [0x61], id) + treeLine("160000", [0x62], id), [.symbolicLink, .submodule]),
        (treeLine("100600", [0x61], id), [.unknown(mode: 0o100600)]),
        ([], []),
    ])
    func `entries are read as they stand`(bytes: [UInt8], kinds: [TreeEntry.Kind]) {
        #expect(bytes.withUnsafeBytes { TreeEntry.entries(of: $0) }?.map(\.kind) == kinds)
    }

    @Test(arguments: [
        Array("100644 a".utf8), Array("100644 a\0short".utf8), treeLine("", [0x61], id), treeLine("10064x", [0x61], id),
        treeLine("10064400000", [0x61], id), treeLine("100644", [0x61], id) + [0x31], Array("100644".utf8),
    ])
    func `bytes that are no tree are refused`(bytes: [UInt8]) {
        #expect(bytes.withUnsafeBytes { TreeEntry.entries(of: $0) } == nil)
    }

    @Test func `no prefix of a tree and no flipped byte of it is a crash`() {
        let sound = treeLine("100644", Array("a.yaml".utf8), Self.id) + treeLine("40000", Array("b".utf8), Self.id)
        for count in 0...sound.count {
            for (index, value) in [(0, UInt8(0)), (6, 0x41), (count / 2, 0), (count / 2, 0xff)] where index < count {
                var bytes = Array(sound[..<count])
                bytes[index] = value
                let entries = bytes.withUnsafeBytes { TreeEntry.entries(of: $0) } ?? []
                #expect(entries.count <= 2)
            }
        }
    }
}

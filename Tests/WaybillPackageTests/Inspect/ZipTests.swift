import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Walking a zip` {
    static let tensors = `Inspecting safetensors`.file(
        `Inspecting safetensors`.tensor("U8", "[2]", "[0,2]"), data: 2)
    typealias Member = ZipBuilder.Member

    @Test func `what Python and zlib write is walked`() async throws {
        struct Facts: Decodable { let names: [String] }
        let program = """
            import json, zipfile, zlib, io
            data = open("m.safetensors", "rb").read()
            inner = io.BytesIO()
            with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z: z.writestr("deep.safetensors", data)
            with zipfile.ZipFile("m.zip", "w") as z:
                z.writestr("stored.safetensors", data)
                z.writestr("packed.safetensors", data, zipfile.ZIP_DEFLATED)
                with z.open("sub/large.safetensors", "w", force_zip64=True) as f: f.write(data)
                z.writestr("inner.zip", inner.getvalue())
                z.mkdir("empty")
            print(json.dumps({"names": zipfile.ZipFile("m.zip").namelist()}))
            """
        try await withTemporaryFolder { folder in
            try Data(Self.tensors).write(to: folder.appending(path: "m.safetensors"))
            let facts = try await ModelLibraries.run(program, in: folder, as: Facts.self)
            let found = Inspector().inspect(path: folder.appending(path: "m.zip").path)
            #expect(found.lines == [])
            #expect(found.verdict == .safe)
            #expect(found.facts["members"] == .integer(Int64(facts.names.count)))
            #expect(
                found.tensors.map(\.name) == [
                    "stored.safetensors/a", "packed.safetensors/a", "sub/large.safetensors/a",
                    "inner.zip/deep.safetensors/a",
                ])
        }
    }

    static func one(_ name: String, _ change: (inout Member) -> Void = { _ in }) -> [UInt8] {
        ZipBuilder(Member(name, tensors, change)).bytes
    }

    static let names: [HostileFile] = [
        .init("up", one("../a"), "dangerous ../a: '../a' leads out of its folder by '..'"),
        .init(
            "absolute", one("/etc/a"),
            "dangerous /etc/a: '/etc/a' is an absolute path; write it relative, without the first '/'"),
        .init(
            "backslash", one("a\\b"),
            #"dangerous a\b: 'a\b' holds a control character or a backslash, which a path must not"#),
        .init(
            "not clean", one("a//b"),
            "dangerous a//b: 'a//b' is not a clean path; leave out empty and '.' parts"),
        .init("empty", one(""), "dangerous a path must not be empty"),
        .init("link", one("a") { $0.mode = 0o120777 }, "dangerous a: is a symbolic link"),
        .init("device", one("a") { $0.mode = 0o020666 }, "dangerous a: is a device, pipe or socket"),
        .init("pipe", one("a") { $0.mode = 0o010666 }, "dangerous a: is a device, pipe or socket"),
        .init(
            "folder by mode", one("a") { $0.mode = 0o040755 }, "dangerous a: is a file by name and a folder by mode"),
        .init(
            "file by mode", one("a/") { $0.mode = 0o100644 }, "dangerous a/: is a folder by name and a file by mode"),
        .init(
            "twice", ZipBuilder(Member("a", tensors), Member("a", tensors)).bytes,
            "dangerous a: stands twice in the archive"),
        .init(
            "file, then folder", ZipBuilder(Member("a", tensors), Member("a/b", tensors)).bytes,
            "dangerous a/b: stands below 'a', which is a file"),
        .init(
            "folder, then file", ZipBuilder(Member("a/b", tensors), Member("a", tensors)).bytes,
            "dangerous a: is a file and a folder"),
        .init(
            "another local name", one("a") { $0.localName = "b" }, "dangerous a: its local header names it 'b'"),
        .init(
            "another local flag", one("a") { $0.localFlags = 1 },
            "dangerous a: its local header has other flags or another method than the directory"),
        .init(
            "another local size", one("a") { $0.localSize = 7 },
            "dangerous a: its local header has another size or checksum than the directory"),
        .init(
            "another local checksum", one("a") { $0.localCRC = 7 },
            "dangerous a: its local header has another size or checksum than the directory"),
        .init(
            "a second name", one("a") { $0.extra = little(UInt16(0x7075)) + little(UInt16(0)) },
            "unscanned zip: 'a' has a second name in an extra field"),
        .init(
            "two zip64 fields", one("a") { $0.extra = little(UInt32(1)) + little(UInt32(1)) },
            "unscanned zip: 'a' has two zip64 fields"),
        .init(
            "zip64 without its field", one("a") { $0.size = .max },
            "unscanned zip: the zip64 field of 'a' is broken"),
        .init(
            "broken extra fields", one("a") { $0.extra = [1, 2, 9, 0] },
            "unscanned zip: the extra fields of 'a' are broken"),
    ]

    static let structure: [HostileFile] = [
        .init("encrypted", one("a") { $0.flags = 1 }, "unscanned a: it is encrypted"),
        .init(
            "unknown method", one("a") { $0.method = 14 },
            "unscanned a: it is packed by method 14, which is not read here"),
        .init("broken data", one("a") { $0.method = 8 }, "unscanned a: its packed data is broken at byte 37"),
        .init(
            "overlap",
            ZipBuilder(Member("a", tensors) { $0.localExtra = [] }, Member("b", tensors) { $0.offset = 0 }).bytes,
            "dangerous b: its local header names it 'a'", "dangerous b: overlaps the member before it",
            "dangerous bytes 94 to 188 belong to no member of the zip"),
        .init(
            "hidden bytes", ZipBuilder(Member("a", tensors) { $0.before = [1] }).bytes,
            "unscanned its bytes are no format known here",
            "dangerous its end is that of a zip: a reader that looks there finds other content"),
        .init(
            "hidden bytes between", ZipBuilder(Member("a", tensors), Member("b", tensors) { $0.before = [1] }).bytes,
            "dangerous bytes 94 to 95 belong to no member of the zip"),
        .init(
            "bytes at the end", ZipBuilder(Member("a", tensors)) { $0.after = [0] }.bytes,
            "unscanned zip: there is no directory at its end: it is cut, or bytes follow it"),
        .init(
            "more members than the directory holds", ZipBuilder(Member("a", tensors)) { $0.count = 2 }.bytes,
            "unscanned zip: 2 members do not fit a directory of 47 bytes"),
        .init(
            "fewer members than the directory holds",
            ZipBuilder(Member("a", tensors), Member("b", tensors)) { $0.count = 1 }.bytes,
            "unscanned zip: the directory is 47 bytes longer than its 1 members"),
        .init(
            "another directory size", ZipBuilder(Member("a", tensors)) { $0.directorySize = 46 }.bytes,
            "unscanned zip: the directory does not end where the end record begins"),
        .init(
            "zip64 asked for and absent", ZipBuilder(Member("a", tensors)) { $0.count = .max }.bytes,
            "unscanned zip: its end record asks for zip64, which is not there"),
        .init(
            "past the directory",
            one("a") {
                $0.packedSize = 9_999; $0.size = 9_999
            },
            "unscanned zip: 'a' reaches into the directory"),
        .init(
            "header elsewhere", one("a") { $0.offset = 1 }, "unscanned zip: 'a' has no header at byte 1"),
        .init(
            "header outside", one("a") { $0.offset = 70_000 }, "unscanned zip: 'a' begins outside of the archive"),
        .init(
            "two sizes of a stored member", one("a") { $0.size = 3 },
            "unscanned a: it is stored, yet its two sizes differ"),
        .init(
            "more members than allowed", ZipBuilder(Member("a", tensors), Member("b", tensors)).bytes,
            "unscanned zip: holds more than 1 members, archives inside it included",
            limits: limits { $0.members = 1 }),
        .init(
            "deeper than allowed", ZipBuilder(Member("z", one("a"))).bytes,
            "unscanned z: zip: archives stand inside archives more than 1 deep", limits: limits { $0.nesting = 1 }),
        .init(
            "unknown inside", ZipBuilder(Member("a", [1, 2])).bytes, "unscanned a: its bytes are no format known here"),
    ]

    @Test(arguments: names + structure) func `what is wrong is refused with its reason`(_ file: HostileFile) {
        file.check()
    }

    @Test func `a zip after other content is not missed`() {
        let both = Self.tensors + ZipBuilder(Member("a", Self.tensors)).bytes
        #expect(
            Inspector().inspect(bytes: both).lines.last
                == "dangerous its end is that of a zip: a reader that looks there finds other content")
    }

    /// Archives whose numbers lie about what is in them.
    static let bombs = """
        import json, struct, zipfile
        def bomb(name, size, level=9):
            with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as z: z.writestr("zeros", bytes(size))
        bomb("ratio.zip", 1 << 20)
        data = bytearray(open("ratio.zip", "rb").read())
        def patched(name, size):
            lie = bytearray(data)
            at = lie.rindex(b"PK\\1\\2") + 24
            lie[at:at + 4] = struct.pack("<I", size)
            lie[22:26] = struct.pack("<I", size)
            open(name, "wb").write(lie)
        patched("more.zip", 1000)
        patched("less.zip", 1 << 21)
        crc = bytearray(data)
        crc[14] ^= 1
        crc[crc.rindex(b"PK\\1\\2") + 16] ^= 1
        open("crc.zip", "wb").write(crc)
        print(json.dumps({"done": True}))
        """

    @Test func `bombs are refused before they are unpacked`() async throws {
        struct Facts: Decodable { let done: Bool }
        try await withTemporaryFolder { folder in
            _ = try await ModelLibraries.run(Self.bombs, in: folder, as: Facts.self)
            func lines(_ name: String, _ limits: InspectionLimits = .init()) -> [String] {
                Inspector(limits: limits).inspect(path: folder.appending(path: name).path).lines
            }
            let packed = 1033
            #expect(lines("ratio.zip") == ["unscanned zeros: its bytes are no format known here"])
            #expect(
                lines("ratio.zip", limits { $0.ratioFloor = 4096 })
                    == ["unscanned zeros: unpacks to 1048576 bytes or more, over 100 times its \(packed)"])
            #expect(
                lines("ratio.zip", limits { $0.unpacked = 4096 })
                    == ["unscanned zeros: unpacks, with what went before, to more than 4096 bytes"])
            #expect(
                lines("ratio.zip", limits { $0.memory = 4096 }) == [
                    "unscanned zeros: its bytes are no format known here"
                ])
            #expect(
                lines("more.zip") == ["unscanned zeros: it unpacks to more than the 1000 bytes that it promises"])
            #expect(
                lines("less.zip") == [
                    "unscanned zeros: it unpacks to 1048576 bytes, not to the 2097152 that it promises"
                ])
            #expect(lines("crc.zip") == ["unscanned zeros: its checksum is wrong"])
        }
    }
}

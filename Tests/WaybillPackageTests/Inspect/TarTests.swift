import Testing

@testable import WaybillPackage

@Suite struct `Walking a tar` {
    /// A header with a right checksum, then the content and its padding.
    static func member(
        _ name: String, _ content: String = "# Text\n", type: Character = "0", size: String? = nil, link: String = ""
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int) {
            header.replaceSubrange(place..<(place + text.utf8.count), with: text.utf8)
        }
        put(name, at: 0)
        put("0000644\0", at: 100)
        let octal = String(content.utf8.count, radix: 8)
        put(size ?? String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0} ", at: 148)
        let padding = (512 - content.utf8.count % 512) % 512
        return header + Array(content.utf8) + [UInt8](repeating: 0, count: padding)
    }

    static let end = [UInt8](repeating: 0, count: 1024)

    static let hostile: [HostileFile] = [
        .init("up", member("../a") + end, "dangerous ../a: '../a' leads out of its folder by '..'"),
        .init(
            "absolute", member("/a") + end,
            "dangerous /a: '/a' is an absolute path; write it relative, without the first '/'"),
        .init("symbolic link", member("a", "", type: "2", link: "b") + end, "dangerous a: is a link"),
        .init("hard link", member("a", "", type: "1", link: "b") + end, "dangerous a: is a link"),
        .init("device", member("a", "", type: "3") + end, "dangerous a: is a device or pipe"),
        .init("pipe", member("a", "", type: "6") + end, "dangerous a: is a device or pipe"),
        .init("twice", member("a") + member("a") + end, "dangerous a: stands twice in the archive"),
        .init(
            "twice, once from the folder", member("a") + member("./a") + end, "dangerous a: stands twice in the archive"
        ),
        .init("below a file", member("a") + member("a/b") + end, "dangerous a/b: stands below 'a', which is a file"),
        .init("sparse", member("a", type: "S") + end, "unscanned a: is of type 83, which is not read here"),
        .init("a folder with content", member("a", type: "5") + end, "unscanned tar: 'a' is no file and has a size"),
        .init(
            "size", member("a", size: "99999999999") + end,
            "unscanned tar: the size in the header at byte 0 is no number"),
        .init(
            "cut", Array(member("a", size: "00000010000")), "unscanned tar: ends at byte 1024, before what it promises"),
        .init(
            "checksum", member("a") + [UInt8](repeating: 7, count: 512),
            "unscanned tar: the header at byte 1024 has a wrong checksum"),
        .init("after the end", member("a") + end + [1], "unscanned tar: something follows its end at byte 1536"),
        .init(
            "global", member("g", "9 a=bcd\n\n", type: "g") + end,
            "unscanned tar: the header at byte 0 changes all that follow it"),
        .init(
            "extended", member("x", "99 a=b\n", type: "x") + end,
            "unscanned tar: the extended header at byte 0 is broken"),
        .init(
            "extended twice", member("x", "8 a=bcd\n8 a=bcd\n", type: "x") + end,
            "unscanned tar: 'a' stands twice in the header at byte 0"),
        .init(
            "extended size", member("x", "9 size=x\n", type: "x") + member("a") + end,
            "unscanned tar: 'a' has a broken size"),
        .init(
            "extended path", member("x", "13 path=../a\n", type: "x") + member("b") + end,
            "dangerous ../a: '../a' leads out of its folder by '..'"),
        .init("unknown inside", member("a", "\u{1}") + end, "unscanned a: its bytes are no format known here"),
        .init(
            "members", member("a") + member("b") + end,
            "unscanned tar: holds more than 1 members, archives inside it included", limits: limits { $0.members = 1 }),
    ]

    @Test(arguments: hostile) func `what is wrong is refused with its reason`(_ file: HostileFile) { file.check() }
}

/// What may stand as a name in a tree. The rules are those of `git fsck`, plus names that no terminal should be shown.
enum EntryName {
    /// The longest name that Linux file systems take.
    static let longest = 255

    /// Why `name` is refused, in words that complete "a file whose name …"; nil when it is taken.
    static func problem(with name: [UInt8]) -> String? {
        if isPlain(name) { return nil }
        if name.isEmpty { return "is empty" }
        if name.count > longest { return "has \(name.count) bytes; at most \(longest) are allowed" }
        if name.contains(UInt8(ascii: "/")) { return "has a slash in it" }
        guard let text = String(validating: name, as: UTF8.self) else { return "is not UTF-8" }
        if text == "." || text == ".." { return "is '\(text)'" }
        if isGitFolder(text) { return "is '.git', or is taken for it by some file system" }
        if text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) {
            return "has a control character in it"
        }
        return nil
    }

    /// Quickly, what nearly every name is: printable ASCII that no rule below can touch.
    private static func isPlain(_ name: [UInt8]) -> Bool {
        guard (1...longest).contains(name.count), name[0] != UInt8(ascii: ".") else { return false }
        if name.count > 3, name[3] == UInt8(ascii: "~") { return false }
        return name.allSatisfy { (0x21...0x7e).contains($0) && !#"/\:"#.utf8.contains($0) }
    }

    /// Whether Linux, Windows (NTFS) or macOS (HFS+) would open `.git` for this name.
    static func isGitFolder(_ name: String) -> Bool {
        if plain(name).lowercased() == ".git" { return true }
        // NTFS: a short name, dots and spaces at the end dropped, what follows a colon or backslash cut off.
        let beforeStream = name.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == ":" || $0 == "\\" }[0]
        let trimmed = beforeStream.lowercased().reversed().drop { $0 == " " || $0 == "." }
        let windows = String(trimmed.reversed())
        return windows == ".git" || windows == "git~1"
    }

    /// The name without the code points that HFS+ ignores.
    private static func plain(_ name: String) -> String {
        var kept = String.UnicodeScalarView()
        kept.append(contentsOf: name.unicodeScalars.filter { !ignoredByHFS($0) })
        return String(kept)
    }

    private static func ignoredByHFS(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200c...0x200f, 0x202a...0x202e, 0x206a...0x206f, 0xfeff: true
        default: false
        }
    }
}

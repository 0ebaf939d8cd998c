/// The place of a tile or an entry bundle below the log's prefix, as C2SP tlog-tiles writes it.
package struct TilePath: Hashable, Sendable, CustomStringConvertible {
    package enum Content: Hashable, Sendable {
        /// Hashes of a level, 0 to 63.
        case hashes(level: Int)
        case entries
    }

    package let content: Content
    package let number: UInt64
    /// 1 to 255 for a partial one; nil for a full one of 256.
    package let partial: Int?

    package init(_ content: Content, number: UInt64, partial: Int? = nil) {
        self.content = content
        self.number = number
        self.partial = partial
    }

    /// `tile/0/x001/x234/067.p/12`.
    package var description: String { folder + (partial.map { ".p/\($0)" } ?? "") }

    /// The path without the partial part.
    package var folder: String {
        let level =
            switch content {
            case .hashes(let level): String(level)
            case .entries: "entries"
            }
        return "tile/\(level)/\(Self.groups(number))"
    }

    /// Parses exactly what `description` writes; nil for anything else.
    package init?(parsing text: some StringProtocol) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "tile" else { return nil }
        if parts[1] == "entries" {
            content = .entries
        } else if let level = Int(parts[1]), (0...63).contains(level), String(level) == parts[1] {
            content = .hashes(level: level)
        } else {
            return nil
        }
        parts.removeFirst(2)
        if parts.count >= 2, parts[parts.count - 2].hasSuffix(".p") {
            let last = parts.removeLast()
            guard let width = Int(last), (1...255).contains(width), String(width) == last else { return nil }
            partial = width
            parts[parts.count - 1] = parts[parts.count - 1].dropLast(2)
        } else {
            partial = nil
        }
        let digits = parts.map { $0.hasPrefix("x") ? $0.dropFirst() : $0 }.joined()
        guard let number = UInt64(digits), Self.groups(number) == parts.joined(separator: "/") else { return nil }
        self.number = number
    }

    /// `1234067` becomes `x001/x234/067`.
    private static func groups(_ number: UInt64) -> String {
        var groups: [String] = []
        var rest = number
        repeat {
            let digits = String(rest % 1000)
            let group = String(repeating: "0", count: 3 - digits.utf8.count) + digits
            groups.append(groups.isEmpty ? group : "x" + group)
            rest /= 1000
        } while rest > 0
        return groups.reversed().joined(separator: "/")
    }

    /// Entries of a full tile or bundle.
    package static let fullWidth = 256

    /// Width of the partial tile of `level` in a tree of `size` leaves: floor(size / 256^level) mod 256; 0 is no tile.
    package static func partialWidth(level: Int, size: UInt64) -> Int {
        level > 7 ? 0 : Int((size >> UInt64(8 * level)) & 255)
    }

    /// Full tiles of `level` in a tree of `size` leaves.
    package static func fullTiles(level: Int, size: UInt64) -> UInt64 {
        level > 6 ? 0 : size >> UInt64(8 * (level + 1))
    }
}

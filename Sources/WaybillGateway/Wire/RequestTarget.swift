/// A request target of the form `/{environment}/{deployment}/rest?query`, taken apart without decoding it.
struct RequestTarget {
    /// `environment/deployment`.
    let key: Substring
    /// From the slash after the deployment on, with the query: what the backend is asked for. Empty when there is none.
    let rest: Substring
    /// `rest` without the query.
    let path: Substring

    /// - Throws: `Refusal` 400 for what is not origin form, has bytes that no target may have, or steps out of its folder.
    init(_ target: String) throws(Refusal) {
        let bytes = target.utf8
        guard bytes.first == UInt8(ascii: "/") else {
            throw .malformed("the request target must be a path that begins with '/'")
        }
        var slashes = 0
        var restStart = bytes.endIndex
        var query = bytes.endIndex
        var isPlain = true
        var index = bytes.startIndex
        while index != bytes.endIndex {
            let byte = bytes[index]
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#") else {
                throw .malformed("the request target holds a byte that no target may hold")
            }
            if query == bytes.endIndex {
                switch byte {
                case UInt8(ascii: "/"):
                    slashes += 1
                    if slashes == 3 { restStart = index }
                case UInt8(ascii: "?"): query = index
                case UInt8(ascii: "."), UInt8(ascii: "%"), UInt8(ascii: "\\"): isPlain = false
                default: break
                }
            }
            bytes.formIndex(after: &index)
        }
        if !isPlain { try Self.refuseSteppingOut(bytes[..<query]) }
        restStart = min(restStart, query)
        key = target[bytes.index(after: bytes.startIndex)..<max(restStart, bytes.index(after: bytes.startIndex))]
        rest = target[restStart...]
        path = target[restStart..<query]
    }

    /// Dot segments, encoded or not, could lead a backend out of the paths that are passed on.
    private static func refuseSteppingOut(_ path: Substring.UTF8View) throws(Refusal) {
        guard let decoded = percentDecoded(path) else {
            throw .malformed("the request target holds a '%' that is not followed by two hex digits")
        }
        let separators = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        let dots: [ArraySlice<UInt8>] = [[UInt8(ascii: ".")], [UInt8(ascii: "."), UInt8(ascii: ".")]]
        let segments = decoded.split(omittingEmptySubsequences: true, whereSeparator: separators.contains)
        guard !decoded.contains(0), !segments.contains(where: dots.contains) else {
            throw .malformed("the request target must not hold '.' or '..' segments or NUL")
        }
    }

    static func percentDecoded(_ text: Substring.UTF8View) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                return nil
            }
            decoded.append(high << 4 | low)
        }
        return decoded
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

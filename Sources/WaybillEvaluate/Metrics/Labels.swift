/// A column of text, each different text kept once.
package struct Labels: Hashable, Sendable {
    /// The place in `names` of each row's text; -1 where it is missing.
    package private(set) var codes: [Int32]
    /// Each different text, in the order of its first row.
    package private(set) var names: [String]

    /// Codes that were made elsewhere: below -1 or past the names means missing.
    package init(codes: [Int32], names: [String]) {
        self.names = names
        let end = Int32(clamping: names.count)
        let isValid = codes.allSatisfy { $0 >= -1 && $0 < end }
        self.codes = isValid ? codes : codes.map { $0 >= -1 && $0 < end ? $0 : -1 }
    }

    package init(_ texts: some Sequence<String?>) {
        var builder = TextTable()
        codes = texts.map { text in
            guard var text else { return -1 }
            return text.withUTF8 { builder.code(of: UnsafeRawBufferPointer($0)) }
        }
        names = builder.names
    }

    package var count: Int { codes.count }

    package subscript(_ row: Int) -> String? { codes[row] < 0 ? nil : names[Int(codes[row])] }

    /// The rows without a text, counted from 0.
    package var missingRows: [Int] { codes.indices.filter { codes[$0] < 0 } }
}

/// Different texts by their bytes, numbered in the order in which they came. Texts that Unicode calls equal and that differ in bytes are two.
struct TextTable: Sendable {
    private(set) var names: [String] = []
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Open addressing; -1 is free, a power of two, at most half full.
    private var slots = [Int32](repeating: -1, count: 16)

    init() {}

    var count: Int { ends.count }
    /// Of all different texts together.
    var byteCount: Int { bytes.count }

    /// The code of `text`, a new one if it was not seen before.
    mutating func code(of text: UnsafeRawBufferPointer) -> Int32 {
        let slot = slot(of: text)
        if slots[slot] >= 0 { return slots[slot] }
        let code = Int32(truncatingIfNeeded: ends.count)
        slots[slot] = code
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
        names.append(String(decoding: text, as: UTF8.self))
        if 2 * ends.count > slots.count { grow() }
        return code
    }

    private func slot(of text: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: text)
        var slot = hasher.finalize() & (slots.count - 1)
        while slots[slot] >= 0, !isEqual(Int(slots[slot]), text) { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private func isEqual(_ code: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let start = code == 0 ? 0 : ends[code - 1]
        guard ends[code] - start == text.count else { return false }
        return bytes.withUnsafeBytes { $0[start..<ends[code]].elementsEqual(text) }
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: 2 * slots.count)
        bytes.withUnsafeBytes { all in
            for code in ends.indices {
                let text = UnsafeRawBufferPointer(rebasing: all[(code == 0 ? 0 : ends[code - 1])..<ends[code]])
                var hasher = Hasher()
                hasher.combine(bytes: text)
                var slot = hasher.finalize() & (slots.count - 1)
                while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
                slots[slot] = Int32(truncatingIfNeeded: code)
            }
        }
    }
}

import WaybillCore

/// Reads the wire form of SSH (RFC 4251, section 5). Every length is compared with what is left before anything is taken.
struct SSHReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    private static let tooShort = InvalidInput("it ends before it is whole")

    mutating func take(_ count: Int) throws(InvalidInput) -> [UInt8] {
        guard count >= 0, count <= bytes.count - offset else { throw Self.tooShort }
        defer { offset += count }
        return Array(bytes[offset..<(offset + count)])
    }

    mutating func byte() throws(InvalidInput) -> UInt8 { try take(1)[0] }

    mutating func number() throws(InvalidInput) -> UInt32 { try take(4).reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func string() throws(InvalidInput) -> [UInt8] { try take(Int(try number())) }

    /// A string of UTF-8 without NUL.
    mutating func text() throws(InvalidInput) -> String {
        let bytes = try string()
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw InvalidInput("a text in it is not UTF-8")
        }
        return text
    }

    /// The magnitude of a positive whole number, without leading zeros.
    mutating func magnitude() throws(InvalidInput) -> [UInt8] {
        let bytes = try string()
        guard bytes.first ?? 0 < 0x80 else { throw InvalidInput("a number in it is negative") }
        guard bytes.count <= Self.longestNumber else { throw InvalidInput("a number in it has more than 16384 bits") }
        return Array(bytes.drop { $0 == 0 })
    }

    private static let longestNumber = 16_384 / 8 + 1

    func end() throws(InvalidInput) {
        guard offset == bytes.count else { throw InvalidInput("\(bytes.count - offset) bytes follow its end") }
    }

    var rest: [UInt8] { Array(bytes[offset...]) }
}

/// Writes the wire form of SSH.
struct SSHWriter {
    private(set) var bytes: [UInt8] = []

    mutating func raw(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }
    mutating func number(_ number: UInt32) { withUnsafeBytes(of: number.bigEndian) { raw($0) } }

    mutating func string(_ string: [UInt8]) {
        number(UInt32(truncatingIfNeeded: string.count))
        raw(string)
    }

    mutating func text(_ text: String) { string(Array(text.utf8)) }

    /// A positive number by its bytes, most significant first.
    mutating func magnitude(_ magnitude: some Sequence<UInt8>) {
        let bytes = Array(magnitude.drop { $0 == 0 })
        string((bytes.first ?? 0) >= 0x80 ? [0] + bytes : bytes)
    }
}

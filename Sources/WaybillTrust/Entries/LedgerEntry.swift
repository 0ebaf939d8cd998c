/// What the Merkle tree holds: a version, a header and the digest of the sealed body. `docs/ledger.md` section 2.
package enum LedgerEntry {
    /// Longest entry that a bundle of C2SP tlog-tiles can hold.
    package static let maximumLength = 65_535
    /// The version that this code writes and reads.
    package static let version: UInt8 = 1
    /// Bytes beside the header.
    private static let overhead = 1 + 2 + MerkleHash.width

    /// The bytes of an entry; nil when it would be too long.
    package static func encode(header: [UInt8], bodyDigest: MerkleHash) -> [UInt8]? {
        guard header.count + overhead <= maximumLength else { return nil }
        var entry: [UInt8] = []
        entry.reserveCapacity(header.count + overhead)
        entry.append(version)
        entry.append(UInt8(header.count >> 8))
        entry.append(UInt8(header.count & 255))
        entry.append(contentsOf: header)
        bodyDigest.withBytes { entry.append(contentsOf: $0) }
        return entry
    }

    /// An entry taken apart. `header` points into the bytes that were parsed.
    package struct Parts {
        package let header: UnsafeRawBufferPointer
        package let bodyDigest: MerkleHash
    }

    package enum Parsed {
        case readable(Parts)
        /// Written by a newer Waybill: can be proven, not read.
        case unknownVersion(UInt8)
        case malformed
    }

    package static func parse(_ entry: UnsafeRawBufferPointer) -> Parsed {
        guard let found = entry.first else { return .malformed }
        guard found == version else { return .unknownVersion(found) }
        guard entry.count >= overhead else { return .malformed }
        let length = Int(entry[1]) << 8 | Int(entry[2])
        guard entry.count == length + overhead else { return .malformed }
        return .readable(
            Parts(
                header: UnsafeRawBufferPointer(rebasing: entry[3..<(3 + length)]),
                bodyDigest: MerkleHash(loading: UnsafeRawBufferPointer(rebasing: entry[(3 + length)...]))))
    }
}

/// Salt and body of an entry, as stored beside it and disclosed on request.
package enum SealedBody {
    package static let saltLength = 16
    /// Longest body; bulky evidence lives outside the ledger, by digest.
    package static let maximumLength = 1 << 20

    /// Salt, then body; its SHA-256 stands in the entry.
    package static func seal(_ body: String.UTF8View, salt: (UInt64, UInt64)) -> [UInt8] {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(saltLength + body.count)
        withUnsafeBytes(of: salt) { sealed.append(contentsOf: $0) }
        sealed.append(contentsOf: body)
        return sealed
    }

    /// True when the bytes were overwritten with zeros.
    package static func isErased(_ sealed: UnsafeRawBufferPointer) -> Bool { sealed.allSatisfy { $0 == 0 } }

    /// The body without its salt.
    package static func body(of sealed: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: sealed.dropFirst(saltLength))
    }
}

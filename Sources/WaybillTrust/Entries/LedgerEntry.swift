/// What the Merkle tree holds: a version, a header and the digest of the sealed body. `docs/ledger.md` section 2.
package enum LedgerEntry {
    /// Longest entry that a bundle of C2SP tlog-tiles can hold.
    package static let maximumLength = 65_535
    /// The version that this code writes and reads.
    package static let version: UInt8 = 1
    /// Bytes beside the header.
    private static let overhead = 1 + 2 + MerkleHash.width

    /// Appends an entry whose header `header` appends and whose body's digest is yet to be set; false when it would be too long, and
    /// then nothing was appended.
    package static func append(to bytes: inout ByteWriter, header: (inout ByteWriter) -> Void) -> Bool {
        let start = bytes.count
        bytes.append(version)
        bytes.leaveRoom(2)
        header(&bytes)
        let length = bytes.count - start - 3
        guard length + overhead <= maximumLength else {
            bytes.truncate(to: start)
            return false
        }
        withUnsafeBytes(of: UInt16(length).bigEndian) { bytes.set($0, at: start + 1) }
        bytes.leaveRoom(MerkleHash.width)
        return true
    }

    /// Sets the digest of the body of the entry that ends before `end`.
    package static func setBodyDigest(_ digest: MerkleHash, ofEntryBefore end: Int, in bytes: inout ByteWriter) {
        digest.withBytes { bytes.set($0, at: end - MerkleHash.width) }
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

    /// Appends the salt, then what `body` appends; the SHA-256 of both stands in the entry.
    package static func append(
        salt: (UInt64, UInt64), to bytes: inout ByteWriter, body: (inout ByteWriter) -> Void
    ) {
        withUnsafeBytes(of: salt) { bytes.append($0) }
        body(&bytes)
    }

    /// True when the bytes were overwritten with zeros.
    package static func isErased(_ sealed: UnsafeRawBufferPointer) -> Bool { sealed.allSatisfy { $0 == 0 } }

    /// The body without its salt.
    package static func body(of sealed: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: sealed.dropFirst(saltLength))
    }
}

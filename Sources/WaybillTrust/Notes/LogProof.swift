package import WaybillCore

/// An offline receipt of one entry of a log (C2SP tlog-proof): where it stands, the way to a root, and the checkpoint that signs
/// that root.
package struct LogProof: Hashable, Sendable {
    /// Nothing in the format vouches for it. Ours holds the entry itself, which the rest then proves.
    package var extra: [UInt8]?
    package var index: UInt64
    /// Sibling hashes from the leaf to the root.
    package var path: [MerkleHash]
    /// The checkpoint's note, byte for byte.
    package var note: [UInt8]

    package init(extra: [UInt8]? = nil, index: UInt64, path: [MerkleHash], note: [UInt8]) {
        self.extra = extra
        self.index = index
        self.path = path
        self.note = note
    }

    /// What every proof begins with.
    package static let firstLine = "c2sp.org/tlog-proof@v1"
    /// Bytes of the longest proof that is read: an entry in base64, 64 hashes and a note.
    package static let longest = 1 << 20

    /// The text of a `.tlog-proof` file.
    package var bytes: [UInt8] {
        var lines = [Self.firstLine]
        if let extra { lines.append("extra \(Base64.encode(extra))") }
        lines.append("index \(index)")
        lines += path.map { Base64.encode($0.bytes) }
        return Array((lines.joined(separator: "\n") + "\n\n").utf8) + note
    }

    /// Parses exactly the form of the specification; proves nothing.
    ///
    /// - Throws: `InvalidInput` that says which line is not as it must be.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard bytes.count <= Self.longest else { throw InvalidInput("a proof is not longer than 1 MiB") }
        guard let split = bytes.indices.dropFirst().first(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }),
            let head = String(validating: bytes[..<split], as: UTF8.self)
        else { throw InvalidInput("no empty line parts the proof from its checkpoint") }
        var lines = head.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        guard lines.popFirst() == Substring(Self.firstLine) else {
            throw InvalidInput("it does not begin with '\(Self.firstLine)'")
        }
        extra = nil
        if let line = lines.first, line.hasPrefix("extra ") {
            guard let found = Base64.decode(line.dropFirst(6)) else {
                throw InvalidInput("what follows 'extra' is not base64")
            }
            extra = found
            lines.removeFirst()
        }
        guard let line = lines.popFirst(), line.hasPrefix("index "), let index = UInt64(line.dropFirst(6)),
            String(index) == line.dropFirst(6)
        else { throw InvalidInput("no line 'index NUMBER' follows the first") }
        self.index = index
        var path: [MerkleHash] = []
        for line in lines {
            guard path.count < 64, let hash = Base64.decode(line).flatMap(MerkleHash.init(bytes:)) else {
                throw InvalidInput("line \(line.quotedForMessage) is not a hash in base64")
            }
            path.append(hash)
        }
        self.path = path
        note = Array(bytes[(split + 1)...])
    }

    /// Checks that `entry` stands at `index` of the log whose checkpoint `key` signed.
    ///
    /// - Throws: `InvalidInput` with what does not hold.
    @discardableResult
    package func verify(_ entry: [UInt8], with key: NoteKey) throws(InvalidInput) -> Checkpoint {
        let checkpoint: Checkpoint
        do throws(NoteError) { checkpoint = try SignedCheckpoint(verifying: note, with: key).checkpoint } catch {
            throw InvalidInput("its checkpoint: \(error)")
        }
        do throws(ProofError) {
            try MerkleProof.verifyInclusion(
                of: .leaf(entry), at: index, in: checkpoint.size, root: checkpoint.root, path: path)
        } catch { throw InvalidInput("entry \(index): \(error)") }
        return checkpoint
    }
}

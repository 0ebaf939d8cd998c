import WaybillCore

/// The state of a log at one size (C2SP tlog-checkpoint): what a log signs and others keep.
package struct Checkpoint: Hashable, Sendable {
    /// Name of the log; non-empty, one line.
    package var origin: String
    /// Leaves.
    package var size: UInt64
    package var root: MerkleHash
    /// Lines after the third; we write none and keep those of others.
    package var extensions: [String]

    package init(origin: String, size: UInt64, root: MerkleHash, extensions: [String] = []) {
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Parses the text of a note.
    package init(parsing text: String) throws(NoteError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.last == "", lines.count >= 4 else { throw .malformedCheckpoint("fewer than three lines") }
        lines.removeLast()
        guard !lines.contains("") else { throw .malformedCheckpoint("an empty line") }
        guard let size = UInt64(lines[1]), String(size) == lines[1] else {
            throw .malformedCheckpoint("the second line is not a size")
        }
        guard let root = Base64.decode(lines[2]).flatMap(MerkleHash.init(bytes:)) else {
            throw .malformedCheckpoint("the third line is not a hash in base64")
        }
        self.init(origin: String(lines[0]), size: size, root: root, extensions: lines.dropFirst(3).map(String.init))
    }

    /// What is signed.
    package var text: String {
        ([origin, String(size), Base64.encode(root.bytes)] + extensions).map { $0 + "\n" }.joined()
    }
}

/// A checkpoint with the exact bytes of the note that it came in.
package struct SignedCheckpoint: Hashable, Sendable {
    package let checkpoint: Checkpoint
    package let note: [UInt8]

    package init(signing checkpoint: Checkpoint, with signer: NoteSigner) throws(NoteError) {
        self.checkpoint = checkpoint
        note = try signer.sign(checkpoint.text)
    }

    /// Parses without looking at signatures.
    package init(unverified note: [UInt8]) throws(NoteError) {
        checkpoint = try Checkpoint(parsing: SignedNote(parsing: note).text)
        self.note = note
    }

    /// Parses and checks that `key` signed, and that the origin is its name.
    package init(verifying note: [UInt8], with key: NoteKey) throws(NoteError) {
        let parsed = try SignedNote(parsing: note)
        checkpoint = try Checkpoint(parsing: parsed.text)
        self.note = note
        guard checkpoint.origin == key.name else {
            throw .malformedCheckpoint(
                "it is of the log \(checkpoint.origin.quotedForMessage), the key of \(key.name.quotedForMessage)")
        }
        try parsed.verify(with: [key])
    }
}

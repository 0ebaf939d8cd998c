package import WaybillCore

/// A statement with the signature that stands before it in its file.
///
/// The file begins with the armored signature, as `ssh-keygen` writes and reads it, and goes on with the text that is signed, so that
/// `sed '1,/^-----END SSH SIGNATURE-----$/d' FILE | ssh-keygen -Y verify … -s FILE` says whether it holds.
package struct SignedStatement: Hashable, Sendable {
    package let statement: ApprovalStatement
    package let signature: SSHSignature

    package init(_ statement: ApprovalStatement, _ signature: SSHSignature) {
        self.statement = statement
        self.signature = signature
    }

    /// Bytes of the longest file that is read.
    package static let longestFile = 16 << 10

    /// From the bytes of a file. Nothing is proven yet.
    package init(file: [UInt8]) throws(InvalidInput) {
        guard file.count <= Self.longestFile else { throw InvalidInput("longer than 16 KiB") }
        guard let end = Self.endOfSignature(file) else {
            throw InvalidInput("it has no line '\(Self.lastLine)'")
        }
        signature = try SSHSignature(armored: Array(file[..<end]))
        statement = try ApprovalStatement(parsing: Array(file[end...]))
    }

    private static let lastLine = "-----END SSH SIGNATURE-----"

    /// Past the first line that ends a signature.
    private static func endOfSignature(_ file: [UInt8]) -> Int? {
        var start = 0
        while let stop = file[start...].firstIndex(of: 0x0A) {
            if file[start..<stop].elementsEqual(lastLine.utf8) { return stop + 1 }
            start = stop + 1
        }
        return nil
    }

    package var file: [UInt8] { Array((signature.armored + statement.description).utf8) }

    /// Checks that the signature is over just this text and for just this kind of statement. Whose the key is, and what they may, is for
    /// the judge.
    package func verify() throws(InvalidInput) -> ProvenStatement {
        let presence = try signature.verify(
            Array(statement.description.utf8), namespace: statement.kind.namespace)
        return ProvenStatement(statement: statement, key: signature.key, presence: presence)
    }
}

/// What the holder of a key has said.
package struct ProvenStatement: Hashable, Sendable {
    package var statement: ApprovalStatement
    package var key: SSHPublicKey
    /// Of a key in hardware.
    package var presence: SSHPresence?

    package init(statement: ApprovalStatement, key: SSHPublicKey, presence: SSHPresence? = nil) {
        self.statement = statement
        self.key = key
        self.presence = presence
    }
}

package import WaybillCore

/// What stands in a repository for a file that is kept by Git LFS (specification version 1): its SHA-256 and its size.
package struct LFSPointer: Hashable, Sendable {
    package let digest: Digest
    package let size: Int64

    /// What the text of every pointer begins with.
    package static let start = Array("version https://git-lfs.github.com/spec/".utf8)
    /// A pointer has fewer bytes.
    package static let limit = 1024

    /// - Throws: `InvalidInput` for what begins as a pointer and is none.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard bytes.count < Self.limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw InvalidInput("it begins as a pointer of Git LFS and is none: it has too many bytes, or is not UTF-8")
        }
        var fields: [Substring: Substring] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, fields.updateValue(parts[1], forKey: parts[0]) == nil else {
                throw InvalidInput(
                    "it begins as a pointer of Git LFS and is none: \(line.quotedForMessage) is no field of one")
            }
        }
        guard fields["version"] == "https://git-lfs.github.com/spec/v1" else {
            throw InvalidInput("it is a pointer of a version of Git LFS that is not known; version 1 is")
        }
        if let name = fields.keys.first(where: { $0.hasPrefix("ext-") }) {
            throw InvalidInput(
                "it is a pointer of Git LFS with the extension \(name.quotedForMessage), which is not followed")
        }
        guard let object = fields["oid"], let length = fields["size"], (1...18).contains(length.utf8.count),
            length.utf8.allSatisfy({ (48...57).contains($0) }), let size = Int64(length)
        else { throw InvalidInput("it is a pointer of Git LFS without the object's id or size; commit it again") }
        digest = try Digest(parsing: String(object))
        self.size = size
    }
}

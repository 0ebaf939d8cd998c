/// An identifier that is stored as the text it is written as, and parsed again when it is read.
package protocol TextIdentifier: Codable, CustomStringConvertible {
    init(parsing text: String) throws(InvalidInput)
}

extension TextIdentifier {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension BlobID: TextIdentifier {}
extension CommitID: TextIdentifier {}
extension DeploymentKey: TextIdentifier {}
extension Digest: TextIdentifier {}
extension Name: TextIdentifier {}
extension ReplicaID: TextIdentifier {}
extension VersionID: TextIdentifier {}

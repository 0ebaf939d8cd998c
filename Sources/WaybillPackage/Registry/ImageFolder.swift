package import WaybillCore

/// An image layout of somebody else's, as skopeo and umoci name it: `oci:FOLDER[:TAG]`.
package struct ImageFolder: Hashable, Sendable, CustomStringConvertible {
    package static let prefix = "oci:"

    /// Absolute.
    package let path: String
    package let tag: String?

    /// - Parameter here: what a relative path is below.
    /// - Throws: `InvalidInput`; nil for a text that is no such name.
    package init?(parsing text: String, here: String) throws(InvalidInput) {
        guard text.hasPrefix(Self.prefix), !text.hasPrefix(OCIAddress.prefix) else { return nil }
        let rest = text.dropFirst(Self.prefix.utf8.count)
        let path = rest.prefix { $0 != ":" }
        guard !path.isEmpty, !path.utf8.contains(where: { $0 < 0x20 }) else {
            throw InvalidInput("\(text.quotedForMessage) names no folder; expected 'oci:FOLDER' or 'oci:FOLDER:TAG'")
        }
        self.path = path.hasPrefix("/") ? String(path) : "\(here)/\(path)"
        guard path.endIndex < rest.endIndex else {
            tag = nil
            return
        }
        let name = String(rest[rest.index(after: path.endIndex)...])
        // A tag that a registry takes, so that the image can go to one.
        let reference = try ImageReference(parsing: "localhost/image:\(name)")
        guard reference.tag == name, reference.digest == nil else {
            throw InvalidInput("\(name.quotedForMessage) is no tag")
        }
        tag = name
    }

    package var description: String { "\(Self.prefix)\(path)" + (tag.map { ":\($0)" } ?? "") }
}

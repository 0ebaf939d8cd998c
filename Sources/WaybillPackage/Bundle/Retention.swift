package import WaybillCore

/// Which bundles stay in the store though nothing that is deployed or held needs them.
package struct Retention: Hashable, Sendable {
    /// Newest bundles of each model.
    package var newest: Int
    /// Versions by name: `churn@1.4.0`, `churn@*`, `*@2.*`.
    package var versions: [VersionPattern]
    /// Versions of the last revisions of each deployment.
    package var recent: Set<VersionID> = []

    package init(newest: Int = 3, versions: [VersionPattern] = []) {
        self.newest = newest
        self.versions = versions
    }

    package func keeping(_ recent: Set<VersionID>) -> Retention {
        var retention = self
        retention.recent = recent
        return retention
    }

    /// `place` counts the model's bundles from the newest, which is 1.
    func keeps(_ version: VersionID, place: Int) -> Bool {
        place <= newest || recent.contains(version) || versions.contains { $0.matches(version) }
    }
}

/// Names versions, with `*` for any run of characters.
package struct VersionPattern: Hashable, Sendable, CustomStringConvertible {
    private let parts: [[UInt8]]
    package let description: String

    /// - Throws: `InvalidInput` when `text` is not of the form `NAME@VERSION`.
    package init(parsing text: String) throws(InvalidInput) {
        let sides = text.split(separator: "@", omittingEmptySubsequences: false)
        let allowed = text.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._+*@".utf8.contains(byte)
        }
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty, allowed, text.utf8.count <= 200 else {
            throw InvalidInput(
                "\(text.quotedForMessage) names no versions; write MODEL@VERSION, with '*' for any characters, as in "
                    + "'churn@1.*'")
        }
        description = text
        parts = text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false).map(Array.init)
    }

    package func matches(_ version: VersionID) -> Bool {
        var rest = Array(version.description.utf8)[...]
        guard let first = parts.first, let last = parts.last, rest.starts(with: first) else { return false }
        if parts.count == 1 { return rest.count == first.count }
        rest = rest.dropFirst(first.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let place = Self.place(of: part, in: rest) else { return false }
            rest = rest[(place + part.count)...]
        }
        return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
    }

    private static func place(of part: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= part.count else { return nil }
        return (bytes.startIndex...(bytes.endIndex - part.count)).first { bytes[$0...].starts(with: part) }
    }
}

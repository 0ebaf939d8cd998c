extension LineageSources.Commit {
    /// From the raw text of a commit object. Nil for what is no commit.
    ///
    /// Values are exactly as they stand there, so that who has the object finds them; text that is not UTF-8 is left out.
    package init?(_ id: CommitID, raw: [UInt8]) {
        guard let text = String(validating: raw, as: UTF8.self), let split = text.firstRange(of: "\n\n") else {
            return nil
        }
        var fields: [String: String] = [:]
        for line in text[..<split.lowerBound].split(separator: "\n") where !line.hasPrefix(" ") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2, fields[String(parts[0])] == nil { fields[String(parts[0])] = String(parts[1]) }
        }
        guard let author = fields["author"].map(Self.person) else { return nil }
        let message = text[split.upperBound...]
        let paragraphs = message.split(separator: "\n\n").filter { !$0.allSatisfy(\.isWhitespace) }
        self.init(
            id: id, author: author, committer: fields["committer"].map(Self.person) ?? author,
            subject: message.split(separator: "\n").first.map(String.init) ?? "",
            trailers: paragraphs.count > 1 ? Self.trailers(paragraphs.last ?? "") : [])
    }

    /// Without time and zone.
    private static func person(_ field: String) -> String {
        field.lastIndex(of: ">").map { String(field[...$0]) } ?? field
    }

    /// The lines `Name: value` of a message's last paragraph, in git's form of trailers.
    private static func trailers(_ paragraph: Substring) -> [LineageSources.Trailer] {
        paragraph.split(separator: "\n").prefix(100).compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[1].first == " ",
                parts[0].utf8.allSatisfy({
                    (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 0x2D
                })
            else { return nil }
            let value = parts[1].dropFirst()
            return value.isEmpty ? nil : LineageSources.Trailer(String(parts[0]), String(value))
        }
    }
}

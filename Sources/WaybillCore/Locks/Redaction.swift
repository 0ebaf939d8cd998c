/// Takes user names and passwords out of URLs.
package enum Redaction {
    /// `https://user:secret@host/` becomes `https://…@host/`.
    package static func redacted(_ line: String) -> String {
        var text = ""
        var rest = line[...]
        while let scheme = rest.range(of: "://") {
            text += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !"/?# \t\"'<>".contains($0) }
            if let at = authority.lastIndex(of: "@") {
                text += "…"
                rest = rest[at...]
            }
        }
        return text + rest
    }

    package static func hidesSomething(_ text: String) -> Bool { redacted(text) != text }
}

extension Substring {
    /// The first place of `text`.
    fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }
}

import WaybillCore

extension String {
    /// Text that others wrote, as plain text within a line or a table's cell of Markdown as forges read it: no markup, mention,
    /// reference, link or image comes of it, and no other line. It may stand at the beginning of a list's item or a cell.
    package var asMarkdown: String {
        var text = ""
        let characters = Array(harmless.trimmingPrefix(while: { $0 == " " }))
        for (place, character) in characters.enumerated() {
            let next = place + 1 < characters.count ? characters[place + 1] : " "
            switch character {
            case "\\", "`", "*", "_", "[", "]", "!", "|", "~", "$", "^": text += "\\\(character)"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            // Would begin a list, a heading or a line across, at the beginning.
            case "-" where text.isEmpty, "+" where text.isEmpty && next == " ", "=" where text.isEmpty,
                "." where text.isNumber && next == " ", ")" where text.isNumber && next == " ":
                text += "\\\(character)"
            default: text.append(character)
            }
            if ReferenceMark.ends(text, with: character) { text += ReferenceMark.gap }
        }
        return text
    }

    private var isNumber: Bool { !isEmpty && utf8.allSatisfy { (48...57).contains($0) } }
}

/// What forges look for after Markdown and HTML were read: people, issues, merge requests, labels, addresses.
enum ReferenceMark {
    /// A space of no width.
    static let gap = "\u{200B}"

    /// Whether `text`, to which `character` was added last, must be parted there.
    static func ends(_ text: String, with character: Character) -> Bool {
        switch character {
        case "@", "#", ":", "!", "~", "%", "&", "$", "^": true
        case "w", "W": text.suffix(3).lowercased() == "www"
        case "-": text.suffix(3).lowercased() == "gh-"
        default: false
        }
    }
}

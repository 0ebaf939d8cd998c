extension String {
    /// Text that others wrote, as plain text within a line or a table's cell of Markdown as forges read it: no markup, mention,
    /// reference, link or image comes of it, and no other line.
    var asMarkdown: String {
        var text = ""
        for character in harmless {
            switch character {
            case "\\", "`", "*", "_", "[", "]", "!", "|", "~", "$": text += "\\\(character)"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            // Forges look for people, issues and addresses after Markdown was read; a space of no width parts them.
            case "@", "#", ":": text += "\(character)\u{200B}"
            case "." where text.suffix(3).lowercased() == "www": text += "\u{200B}."
            default: text.append(character)
            }
        }
        return text
    }
}

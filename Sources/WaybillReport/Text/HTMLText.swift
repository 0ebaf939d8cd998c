import WaybillCore

extension String {
    /// Text that others wrote, as text within an element or a quoted attribute of HTML.
    package var asHTML: String {
        var text = ""
        for scalar in harmless.unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            case _: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same within HTML that stands in Markdown, where forges look for references, too.
    var asHTMLInMarkdown: String {
        var text = ""
        for character in harmless {
            // Quotes end nothing there, and their references would hold a number sign.
            text += character == "'" || character == "\"" ? String(character) : String(character).asHTML
            if ReferenceMark.ends(text, with: character) { text += ReferenceMark.gap }
        }
        return text
    }
}

extension StringProtocol {
    /// The text with every character made visible that could move a cursor, recolour a terminal or reorder a line:
    /// controls, formats (bidirectional ones among them), line and paragraph separators. For text that others wrote.
    package var harmless: String {
        guard unicodeScalars.contains(where: \.isHarmful) else { return String(self) }
        var text = ""
        for scalar in unicodeScalars {
            if scalar.isHarmful {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    fileprivate var isHarmful: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: true
        case _: false
        }
    }
}

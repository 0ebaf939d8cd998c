import WaybillCore

extension Value {
    /// YAML 1.2 in block style, members in the order of `json`. Any reader gives back the same value: a text that could be
    /// taken for something else is quoted.
    var yaml: String {
        var text = ""
        writeYAML(into: &text, depth: 0, isInline: false)
        return text
    }

    private func writeYAML(into text: inout String, depth: Int, isInline: Bool) {
        let indent = String(repeating: "  ", count: depth)
        switch self {
        case .object(let members) where !members.isEmpty:
            let ordered = members.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
            for (place, member) in ordered.enumerated() {
                text += (place == 0 && isInline ? "" : indent) + Self.scalar(member.key) + ":"
                member.value.writeMember(into: &text, depth: depth)
            }
        case .list(let items) where !items.isEmpty:
            for (place, item) in items.enumerated() {
                text += (place == 0 && isInline ? "" : indent) + "- "
                item.writeYAML(into: &text, depth: depth + 1, isInline: true)
            }
        case .string(let string): text += (isInline ? "" : indent) + Self.scalar(string) + "\n"
        case _: text += (isInline ? "" : indent) + json + "\n"
        }
    }

    /// What follows `name:`: on the same line if it is short, else below.
    private func writeMember(into text: inout String, depth: Int) {
        switch self {
        case .object(let members) where !members.isEmpty:
            text += "\n"
            writeYAML(into: &text, depth: depth + 1, isInline: false)
        case .list(let items) where !items.isEmpty:
            text += "\n"
            writeYAML(into: &text, depth: depth, isInline: false)
        case _:
            text += " "
            writeYAML(into: &text, depth: depth, isInline: true)
        }
    }

    /// Plain when no reader of YAML 1.1 or 1.2 could take it for anything but this text; JSON's quoting otherwise, which
    /// is YAML too.
    private static func scalar(_ text: String) -> String {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let isPlain = text.utf8.allSatisfy {
            letters.contains($0) || capitals.contains($0) || (48...57).contains($0) || "-_./@+".utf8.contains($0)
        }
        let begins = text.utf8.first.map { letters.contains($0) || capitals.contains($0) || $0 == UInt8(ascii: "/") }
        let words: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
        guard isPlain, begins == true, !words.contains(text.lowercased()) else { return Value.string(text).json }
        return text
    }
}

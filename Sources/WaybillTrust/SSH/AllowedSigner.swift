package import WaybillCore

/// One line of an `allowed_signers` file, as `ssh-keygen -Y verify -f` reads it.
package struct AllowedSigner: Hashable, Sendable, CustomStringConvertible {
    /// Names or patterns.
    package var principals: [String]
    /// Empty: for every purpose.
    package var namespaces: [String]
    /// Both inclusive, in whole seconds.
    package var validAfter: Timestamp?
    package var validBefore: Timestamp?
    package var key: SSHPublicKey

    package init(
        principals: [String], namespaces: [String] = [], validAfter: Timestamp? = nil, validBefore: Timestamp? = nil,
        key: SSHPublicKey
    ) {
        self.principals = principals
        self.namespaces = namespaces
        self.validAfter = validAfter
        self.validBefore = validBefore
        self.key = key
    }

    package var description: String {
        var options: [String] = []
        if !namespaces.isEmpty { options.append("namespaces=\"\(namespaces.joined(separator: ","))\"") }
        if let validAfter { options.append("valid-after=\"\(Self.text(validAfter))\"") }
        if let validBefore { options.append("valid-before=\"\(Self.text(validBefore))\"") }
        let middle = options.isEmpty ? "" : " \(options.joined(separator: ","))"
        return "\(principals.joined(separator: ","))\(middle) \(key)"
    }

    /// `20261123150405Z`.
    private static func text(_ moment: Timestamp) -> String {
        String(moment.description.prefix(19).filter { $0.isASCII && $0.isNumber }) + "Z"
    }

    /// Parses one line; nil for an empty one and for a comment. Times must end in `Z`: without it they would mean another moment on
    /// another machine.
    package static func parse(_ line: String) throws(InvalidInput) -> AllowedSigner? {
        let trimmed = line.drop { $0 == " " || $0 == "\t" }
        if trimmed.isEmpty || trimmed.hasPrefix("#") { return nil }
        guard line.utf8.count <= 64 << 10 else { throw InvalidInput("a line of more than 64 KiB") }
        var words = try Self.words(trimmed)
        guard words.count >= 3 else { throw problem(line, "expected PRINCIPALS [OPTIONS] TYPE KEY") }
        let principals = words.removeFirst().split(separator: ",").map(String.init)
        var signer = (namespaces: [String](), after: Timestamp?.none, before: Timestamp?.none)
        if SSHPublicKey.Kind(rawValue: words[0]) == nil, words.count >= 3 {
            for option in try split(words.removeFirst()) {
                let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                let value = parts.count == 2 ? parts[1].filter { $0 != "\"" } : ""
                switch parts[0].lowercased() {
                case "namespaces": signer.namespaces = value.split(separator: ",").map(String.init)
                case "valid-after": signer.after = try moment(value, line)
                case "valid-before": signer.before = try moment(value, line)
                case "cert-authority": throw problem(line, "certificates are not read")
                default: throw problem(line, "there is no option \(String(parts[0]).quotedForMessage)")
                }
            }
        }
        return AllowedSigner(
            principals: principals, namespaces: signer.namespaces, validAfter: signer.after,
            validBefore: signer.before, key: try SSHPublicKey(parsing: words.prefix(2).joined(separator: " ")))
    }

    private static func problem(_ line: String, _ what: String) -> InvalidInput {
        InvalidInput("\(line.quotedForMessage) is no line of allowed signers: \(what)")
    }

    private static func moment(_ text: String, _ line: String) throws(InvalidInput) -> Timestamp {
        let digits = Array(text.dropLast())
        guard text.hasSuffix("Z"), [8, 12, 14].contains(digits.count) else {
            throw problem(line, "the time \(text.quotedForMessage) is not in UTC; write it as '20261123150405Z'")
        }
        let whole = digits + Array(repeating: "0", count: 14 - digits.count)
        func part(_ from: Int, _ to: Int) -> String { String(whole[from..<to]) }
        return try Timestamp(
            parsing:
                "\(part(0, 4))-\(part(4, 6))-\(part(6, 8))T\(part(8, 10)):\(part(10, 12)):\(part(12, 14))Z")
    }

    /// Words between blanks; blanks inside quotes do not part.
    private static func words(_ line: Substring) throws(InvalidInput) -> [String] {
        try pieces(line) { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
    }

    private static func split(_ options: String) throws(InvalidInput) -> [String] {
        try pieces(options[...]) { $0 == "," }
    }

    private static func pieces(
        _ text: Substring, _ isBreak: (Character) -> Bool
    ) throws(InvalidInput) -> [String] {
        var (pieces, piece, isQuoted): ([String], String, Bool) = ([], "", false)
        for letter in text {
            if letter == "\"" { isQuoted.toggle() }
            if !isQuoted, isBreak(letter) {
                if !piece.isEmpty { pieces.append(piece) }
                piece = ""
            } else {
                piece.append(letter)
            }
        }
        guard !isQuoted else { throw problem(String(text), "a quote is not closed") }
        return piece.isEmpty ? pieces : pieces + [piece]
    }
}

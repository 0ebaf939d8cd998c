package import WaybillCore

extension ApprovalStatement {
    /// From the bytes that were signed. Each field must stand in its line, in their order, and nothing else.
    ///
    /// - Throws: `InvalidInput` that names the first line that is not as it must be.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard bytes.count <= Self.longest else { throw InvalidInput("its text is longer than 4 KiB") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw InvalidInput("its text is not UTF-8") }
        guard bytes.last == 0x0A else { throw InvalidInput("its last line has no end") }
        let lines = text.utf8.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        var reader = StatementLines(lines: lines.map { String($0) ?? "" })
        self = try reader.read()
        // Whatever else there may be to write differently: one statement has one text.
        guard Array(description.utf8) == bytes else { throw InvalidInput("its text is not in its one form") }
    }
}

/// Takes the lines of a statement in their order.
private struct StatementLines {
    private let lines: [String]
    private var next = 0

    init(lines: [String]) { self.lines = lines }

    mutating func read() throws(InvalidInput) -> ApprovalStatement {
        guard lines.first == ApprovalStatement.version else {
            throw InvalidInput("its text does not begin with '\(ApprovalStatement.version)'")
        }
        next = 1
        let (kind, key) = try subject()
        let change = try Digest(parsing: try field("change"))
        let from = try optional("from", Change.absent) { (text) throws(InvalidInput) in
            Revision(try Digest(parsing: text))
        }
        let evidence = try optional("evidence", ApprovalStatement.none) { (text) throws(InvalidInput) in
            try Digest(parsing: text)
        }
        let role: Name? = kind == .propose ? nil : try Name(parsing: try field("role"))
        let issued = try Self.moment(try field("issued"))
        let expires = try optional("expires", ApprovalStatement.never) { (text) throws(InvalidInput) in
            try Self.moment(text)
        }
        let reason = [.reject, .override].contains(kind) ? try self.reason() : nil
        guard next == lines.count else {
            throw InvalidInput("line \(next + 1) of its text, \(lines[next].quotedForMessage), is one too many")
        }
        if kind == .approve, expires == nil { throw InvalidInput("an approval must say when it ends") }
        if kind == .override, expires == nil { throw InvalidInput("an override must say when it ends") }
        if let expires, expires <= issued { throw InvalidInput("it ends before it begins") }
        return ApprovalStatement(
            kind, key, change: change, from: from, evidence: evidence, role: role, issued: issued, expires: expires,
            reason: reason)
    }

    private mutating func subject() throws(InvalidInput) -> (ApprovalStatement.Kind, DeploymentKey) {
        let parts = (lines.count > next ? lines[next] : "").split(separator: " ", omittingEmptySubsequences: false)
        next += 1
        guard parts.count == 2, let kind = ApprovalStatement.Kind(rawValue: String(parts[0])) else {
            throw InvalidInput(
                "line 2 of its text does not say 'approve', 'reject', 'propose' or 'override' and a deployment")
        }
        return (kind, try DeploymentKey(parsing: String(parts[1])))
    }

    private mutating func field(_ name: String) throws(InvalidInput) -> String {
        let line = lines.count > next ? lines[next] : ""
        guard line.utf8.starts(with: "\(name) ".utf8) else {
            throw InvalidInput("line \(next + 1) of its text is not '\(name) …'")
        }
        next += 1
        return String(line.dropFirst(name.utf8.count + 1))
    }

    private mutating func optional<Found>(
        _ name: String, _ none: String, _ parse: (String) throws(InvalidInput) -> Found
    ) throws(InvalidInput) -> Found? {
        let text = try field(name)
        return text == none ? nil : try parse(text)
    }

    private static func moment(_ text: String) throws(InvalidInput) -> Timestamp {
        let moment = try Timestamp(parsing: text)
        guard moment.secondsText == text else {
            throw InvalidInput("\(text.quotedForMessage) is no time in whole seconds, as '2026-11-23T15:04:05Z'")
        }
        return moment
    }

    private mutating func reason() throws(InvalidInput) -> String {
        let text = try field("reason")
        try ApprovalStatement.check(reason: text)
        return text
    }
}

extension ApprovalStatement {
    /// - Throws: `InvalidInput` when a reason is empty, long, or holds what would show as something else than it is.
    package static func check(reason: String) throws(InvalidInput) {
        guard !reason.isEmpty, reason.unicodeScalars.count <= longestReason else {
            throw InvalidInput("a reason has 1 to \(longestReason) letters")
        }
        guard !reason.utf8.contains(0x09), DiagnosticText.harmless(reason) == reason else {
            throw InvalidInput("its reason holds a control or an invisible character")
        }
    }
}

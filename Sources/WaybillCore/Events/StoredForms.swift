extension DecisionID: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard text.utf8.count == 16, let number = UInt64(text, radix: 16), DecisionID(number).hex == text else {
            throw InvalidInput("\(text.quotedForMessage) is not a decision; expected 16 lowercase hex digits")
        }
        self.init(number)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

extension Revision: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(try Digest(parsing: try decoder.singleValueContainer().decode(String.self)))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Timestamp: Codable {
    package init(from decoder: any Decoder) throws {
        self.init(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}

/// As the text that the ledger has of them.
extension Members: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let members = Value(json: text.utf8)?.object else { throw InvalidInput("it is no JSON object") }
        self = members
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Value.object(self).json)
    }
}

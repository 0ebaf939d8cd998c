/// What a team's program answered: numbers by name. Read strictly, as the program may be anybody's.
package struct CommandAnswer: Hashable, Sendable {
    /// Finite, by name.
    package var numbers: [String: Double]
    /// For people; nothing is judged by it.
    package var message: String?
    /// How many rows or requests the numbers rest on, by the program's own count.
    package var samples: Int?

    package init(numbers: [String: Double], message: String? = nil, samples: Int? = nil) {
        self.numbers = numbers
        self.message = message
        self.samples = samples
    }

    /// Bytes of an answer that is read.
    package static let longest = 64 << 10
    private static let mostNumbers = 100

    /// One JSON object with `numbers`, and perhaps `message` and `samples`; nothing else.
    /// - Throws: `InvalidInput` with what is wrong in it.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard bytes.count <= Self.longest else {
            throw InvalidInput("it has more than \(Self.longest) bytes")
        }
        guard bytes.contains(where: { ![0x20, 0x0a, 0x0d, 0x09].contains($0) }) else {
            throw InvalidInput("there is nothing")
        }
        guard let value = Value(json: bytes), let members = value.object else {
            throw InvalidInput("it is no JSON object (RFC 8259; no NaN, no member twice)")
        }
        let known = ["message", "numbers", "samples"]
        if let other = members.first(where: { !known.contains($0.key) })?.key {
            throw InvalidInput(
                "there is no member \(other.quotedForMessage); expected 'numbers', 'message' and 'samples'")
        }
        self.init(
            numbers: try Self.numbers(members["numbers"]), message: try Self.message(members["message"]),
            samples: try Self.samples(members["samples"]))
    }

    private static func numbers(_ value: Value?) throws(InvalidInput) -> [String: Double] {
        guard let members = value?.object else { throw InvalidInput("'numbers' is not an object of numbers") }
        guard members.count <= mostNumbers else { throw InvalidInput("'numbers' has more than \(mostNumbers) members") }
        var numbers: [String: Double] = [:]
        for (name, value) in members {
            guard let number = value.number, number.isFinite else {
                throw InvalidInput("the number \(name.quotedForMessage) is none")
            }
            numbers[name] = number
        }
        return numbers
    }

    private static func message(_ value: Value?) throws(InvalidInput) -> String? {
        guard let value else { return nil }
        guard let text = value.string, text.utf8.count <= 1000 else {
            throw InvalidInput("'message' is not a text of at most 1000 bytes")
        }
        return text
    }

    private static func samples(_ value: Value?) throws(InvalidInput) -> Int? {
        guard let value else { return nil }
        guard let count = value.integer.flatMap(Int.init(exactly:)), count >= 0 else {
            throw InvalidInput("'samples' is not a whole number of 0 or more")
        }
        return count
    }

    /// As evidence keeps it; reads back by `init(parsing:)`.
    package var value: Value {
        object([
            "numbers": .object(Members(numbers.mapValues(Value.init(measured:)))),
            "message": message.map { .string($0) }, "samples": samples.map { .integer(Int64($0)) },
        ])
    }
}

extension CommandCheck {
    func judge(_ answer: CommandAnswer) -> Judgement {
        let says = answer.message.map { "; it says \($0.quotedForMessage)" } ?? ""
        if let minSamples {
            guard let samples = answer.samples else {
                return Judgement(
                    .inconclusive,
                    "the program does not say how many samples it took: at least \(minSamples) are needed")
            }
            guard samples >= minSamples else {
                return Judgement(
                    .inconclusive,
                    "the program took \(samples) sample\(samples == 1 ? "" : "s"), which says too little: at least "
                        + "\(minSamples) are needed\(says)")
            }
        }
        for bound in bounds {
            guard let number = answer.numbers[bound.number] else { continue }
            let said = "\(bound.number.quotedForMessage) is \(MetricCheck.text(number))"
            if let least = bound.atLeast, number < least {
                return Judgement(.failed, "\(said), less than \(MetricCheck.text(least))\(says)")
            }
            if let most = bound.atMost, number > most {
                return Judgement(.failed, "\(said), more than \(MetricCheck.text(most))\(says)")
            }
        }
        if let missing = bounds.first(where: { answer.numbers[$0.number] == nil }) {
            return Judgement(.inconclusive, "the program gives no number \(missing.number.quotedForMessage)\(says)")
        }
        let within = bounds.compactMap { bound in
            answer.numbers[bound.number].map { "\(bound.number.quotedForMessage) is \(MetricCheck.text($0))" }
        }
        return Judgement(.passed, "\(within.joined(separator: ", "))\(says)")
    }
}

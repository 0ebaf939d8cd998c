import Hummingbird
import WaybillCore

/// Reads the parameters of a request's query strictly: what is there but not a number is an error, not a default.
struct QueryReader {
    private let request: Request

    init(_ request: Request) { self.request = request }

    func number(_ name: String, in range: ClosedRange<Int>) throws(InvalidInput) -> Int? {
        guard let text = text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw InvalidInput(
                "'\(name)' is \(text.quotedForMessage); expected a number from \(range.lowerBound) to "
                    + "\(range.upperBound)")
        }
        return number
    }

    func index(_ name: String) throws(InvalidInput) -> UInt64? {
        guard let text = text(name) else { return nil }
        guard let number = UInt64(text) else {
            throw InvalidInput("'\(name)' is \(text.quotedForMessage); expected a number from 0")
        }
        return number
    }

    func flag(_ name: String) throws(InvalidInput) -> Bool {
        switch text(name) {
        case nil, "false": return false
        case "true": return true
        case let other?: throw InvalidInput("'\(name)' is \(other.quotedForMessage); expected true or false")
        }
    }

    private func text(_ name: String) -> String? {
        request.uri.queryParameters[Substring(name)].map(String.init)
    }
}

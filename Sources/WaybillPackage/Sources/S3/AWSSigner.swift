import Crypto
import WaybillCore

/// Who asks. Held in memory while it is valid, and never shown.
struct AWSCredentials: Hashable, Sendable {
    var key: String
    var secret: String
    /// Of temporary credentials.
    var token: String?
}

/// Signs requests as AWS asks for it (Signature Version 4).
struct AWSSigner: Sendable {
    let credentials: AWSCredentials
    let region: String
    var service = "s3"

    /// The digest of no bytes.
    static let empty = Digest(of: [UInt8]()).hex

    /// The value of the header `Authorization` of a request.
    ///
    /// - Parameters:
    ///   - target: path and query, percent-encoded.
    ///   - headers: those that are signed, in any order; `host` and `x-amz-date` among them.
    ///   - payload: the SHA-256 of the body, in hexadecimal digits.
    ///   - time: `20150830T123600Z`, as `x-amz-date` has it.
    func authorization(
        _ method: String, _ target: String, headers: [(name: String, value: String)], payload: String, time: String
    ) -> String {
        let grouped = Dictionary(grouping: headers) { $0.name.lowercased() }
        let names = grouped.keys.sorted()
        let signed = names.joined(separator: ";")
        let lines = names.map { name in
            "\(name):\((grouped[name] ?? []).map { Self.trimmed($0.value) }.joined(separator: ","))\n"
        }
        let path = String(target.prefix { $0 != "?" })
        let request = [method, path, Self.query(target), lines.joined(), signed, payload].joined(separator: "\n")
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(Digest(of: request.utf8).hex)"
        let signature = Self.code(text, key: signingKey(day: String(time.prefix(8))))
        let hex = signature.map { byte in String(byte >> 4, radix: 16) + String(byte & 15, radix: 16) }.joined()
        return "AWS4-HMAC-SHA256 Credential=\(credentials.key)/\(scope), SignedHeaders=\(signed), Signature=\(hex)"
    }

    private func signingKey(day: String) -> [UInt8] {
        var key = Array("AWS4\(credentials.secret)".utf8)
        for part in [day, region, service, "aws4_request"] { key = Self.code(part, key: key) }
        return key
    }

    private static func code(_ text: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    /// The parameters in order, each with its '='.
    private static func query(_ target: String) -> String {
        let parameters = target.drop { $0 != "?" }.dropFirst().split(separator: "&").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
        }
        let ordered = parameters.sorted { left, right in
            left.0 == right.0
                ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8)
                : left.0.utf8.lexicographicallyPrecedes(right.0.utf8)
        }
        return ordered.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Without spaces at both ends, and with single ones inside.
    private static func trimmed(_ value: String) -> String {
        value.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).joined(separator: " ")
    }
}

extension Timestamp {
    /// `20150830T123600Z`
    var compact: String {
        String(description.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" }) + "Z"
    }
}

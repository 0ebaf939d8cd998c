/// A file of a version in an MLflow model registry: `mlflow:models:/NAME/VERSION#PATH` on the configured server, or
/// `mlflow://HOST[:PORT]/models:/NAME/VERSION#PATH`.
///
/// VERSION is a number; `NAME@ALIAS` is read too, for `waybill pin`, which writes the version in its place. Characters of NAME other than
/// letters, digits and `-._~` are written as `%XX`.
package struct MLflowAddress: Hashable, Sendable, CustomStringConvertible {
    package enum Version: Hashable, Sendable {
        case number(Int64)
        case alias(String)
    }

    /// A server by name; https is spoken with it, except with this machine and hosts that the operator named.
    package struct Server: Hashable, Sendable {
        package let host: String
        package let port: Int?
    }

    /// Nil: the configured one.
    package let server: Server?
    package let model: String
    package let version: Version
    /// From the top of the version's artifacts.
    package let path: String

    package init(server: Server?, model: String, version: Version, path: String) {
        self.server = server
        self.model = model
        self.version = version
        self.path = path
    }

    private static let form = "expected 'mlflow:models:/NAME/VERSION#PATH' or 'mlflow://HOST/models:/NAME/VERSION#PATH'"

    package init(parsing text: String) throws(InvalidInput) {
        let shown = text.quotedForMessage
        guard text.hasPrefix("mlflow:"), text.utf8.count <= 2048 else {
            throw InvalidInput("\(shown) is no source in MLflow; \(Self.form)")
        }
        var rest = text.dropFirst(7)
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let (host, port) = try WebAddress.authority(rest.prefix { $0 != "/" })
            server = Server(host: host, port: port)
            rest = rest.drop { $0 != "/" }.dropFirst()
        } else {
            server = nil
        }
        guard rest.hasPrefix("models:/"), let hash = rest.firstIndex(of: "#") else {
            throw InvalidInput("\(shown); \(Self.form)")
        }
        (model, version) = try Self.version(rest[rest.index(rest.startIndex, offsetBy: 8)..<hash], shown)
        path = String(rest[rest.index(after: hash)...])
        if let problem = CleanPath.problemOfRelative(path) { throw InvalidInput("\(shown): \(problem)") }
    }

    package var description: String {
        let place = server.map { server in
            let host = server.host.contains(":") ? "[\(server.host)]" : server.host
            return "//\(host)\(server.port.map { ":\($0)" } ?? "")/"
        }
        let name = Percent.encoded(model)
        let version =
            switch version {
            case .number(let number): "\(name)/\(number)"
            case .alias(let alias): "\(name)@\(Percent.encoded(alias))"
            }
        return "mlflow:\(place ?? "")models:/\(version)#\(path)"
    }

    package func pinned(to number: Int64) -> MLflowAddress {
        MLflowAddress(server: server, model: model, version: .number(number), path: path)
    }

    /// - Throws: `InvalidInput` while no version is named by its number.
    @discardableResult
    package func requireNumber() throws(InvalidInput) -> Int64 {
        switch version {
        case .number(let number): return number
        case .alias(let alias):
            throw InvalidInput(
                "\(description.quotedForMessage) follows the alias \(alias.quotedForMessage), which may be another version tomorrow; run "
                    + "'waybill pin' on this file, which writes the version's number in its place")
        }
    }

    private static func version(_ text: Substring, _ shown: String) throws(InvalidInput) -> (String, Version) {
        let mark = text.lastIndex { $0 == "/" || $0 == "@" }
        guard let mark, let name = Percent.decoded(text[..<mark]), isWord(name), !text[..<mark].contains("/") else {
            throw InvalidInput("\(shown) names no version; \(form)")
        }
        let last = text[text.index(after: mark)...]
        if text[mark] == "@" {
            guard let alias = Percent.decoded(last), isWord(alias) else {
                throw InvalidInput("\(shown) names no alias; \(form)")
            }
            return (name, .alias(alias))
        }
        guard (1...18).contains(last.utf8.count), last.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int64(last), number > 0
        else {
            throw InvalidInput(
                "\(shown): \(last.quotedForMessage) is no number of a version, and stages move; name the number, or an alias as 'NAME@ALIAS' and run "
                    + "'waybill pin'")
        }
        return (name, .number(number))
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 250
            && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
            && !text.contains("/") && !text.contains(":")
    }
}

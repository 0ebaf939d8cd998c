import Glibc
package import WaybillCore
import WaybillTrust

/// What proves to one host who we are: `HOST[:PORT] bearer SECRET` or `HOST[:PORT] basic USER SECRET`, where SECRET is
/// `file:/PATH` or `variable:NAME`. Only where the secret is kept is known here; it is read when it is sent, and never shown.
package struct HTTPCredential: Hashable, Sendable, CustomStringConvertible {
    package enum Form: Hashable, Sendable {
        case bearer
        case basic(user: String)
    }

    package enum Place: Hashable, Sendable, CustomStringConvertible {
        case file(String)
        case variable(String)

        package var description: String {
            switch self {
            case .file(let path): "file '\(path)'"
            case .variable(let name): "environment variable '\(name)'"
            }
        }
    }

    package let host: String
    /// Nil: every port.
    package let port: Int?
    package let form: Form
    package let place: Place

    package init(host: String, port: Int? = nil, form: Form, place: Place) {
        self.host = host
        self.port = port
        self.form = form
        self.place = place
    }

    /// - Throws: `InvalidInput` that shows the forms that are taken, and not the text, which may be a secret by mistake.
    package init(parsing text: String) throws(InvalidInput) {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        let forms =
            "expected 'HOST bearer file:/PATH', 'HOST bearer variable:NAME', 'HOST basic USER file:/PATH' or "
            + "'HOST basic USER variable:NAME'"
        guard let first = words.first, let last = words.last, words.count >= 3 else {
            throw InvalidInput("a credential is not one; \(forms)")
        }
        (host, port) = try WebAddress.authority(first)
        switch (words[1], words.count) {
        case ("bearer", 3): form = .bearer
        case ("basic", 4): form = .basic(user: String(words[2]))
        case _: throw InvalidInput("the credential of '\(host)' is not one; \(forms)")
        }
        if last.hasPrefix("file:/") {
            place = .file(String(last.dropFirst(5)))
        } else if last.hasPrefix("variable:"), last.utf8.count > 9 {
            place = .variable(String(last.dropFirst(9)))
        } else {
            throw InvalidInput("the credential of '\(host)' does not say where its secret is; \(forms)")
        }
    }

    package var description: String { place.description }

    package func isFor(_ address: WebAddress) -> Bool { address.host == host && (port == nil || port == address.port) }

    /// The value of the header `Authorization`.
    ///
    /// - Throws: `CredentialMissing`, which names the place and never the content.
    func header() throws(Failure) -> String {
        let secret = try Self.usable(try read(), place)
        return switch form {
        case .bearer: "Bearer \(secret)"
        case .basic(let user): Self.basic(user: user, password: secret)
        }
    }

    package static func basic(user: String, password: String) -> String {
        "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
    }

    private func read() throws(Failure) -> String {
        switch place {
        case .variable(let name):
            guard let value = getenv(name), value.pointee != 0 else {
                throw missing("it is not set; set it for this process")
            }
            return String(cString: value)
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else {
                throw missing(SystemError(operation: "open", path: path, code: errno).message)
            }
            defer { close(descriptor) }
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = Glibc.read(descriptor, &bytes, bytes.count)
            guard count >= 0 else {
                throw missing(SystemError(operation: "read", path: path, code: errno).message)
            }
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
    }

    /// The secret without its line end.
    private static func usable(_ text: String, _ place: Place) throws(Failure) -> String {
        var secret = text[...]
        while let last = secret.last, last.isNewline { secret.removeLast() }
        guard !secret.isEmpty, secret.unicodeScalars.allSatisfy({ (0x20...0x7e).contains($0.value) }) else {
            throw Failure(
                .stall, reason: "CredentialMissing",
                message: "the \(place) is empty or has more than one line; it must hold the secret and nothing else")
        }
        return String(secret)
    }

    private func missing(_ what: String) -> Failure {
        Failure(
            .stall, reason: "CredentialMissing",
            message: "the \(place) with the credential of '\(host)' cannot be used: \(what)")
    }
}

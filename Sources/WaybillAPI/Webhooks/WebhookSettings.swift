import Crypto
import Glibc
import WaybillCore

/// What the webhook listener must know.
package struct WebhookSettings: Hashable, Sendable {
    /// The file with the secret that the forge was given. It is read at each delivery, so that it can be changed without a restart.
    package var secretFile: String
    package var branch: String

    package init(secretFile: String, branch: String) {
        self.secretFile = secretFile
        self.branch = branch
    }

    static let longestSecret = 4096

    /// The secret without the line end that editors leave.
    ///
    /// - Throws: when the file cannot be read, is empty (an empty secret would let everyone in) or is too long.
    func secret() throws(Failure) -> SymmetricKey {
        let descriptor = open(secretFile, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: Self.longestSecret + 1)
        let count = read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
        guard count <= Self.longestSecret else { throw failure("has more than \(Self.longestSecret) bytes") }
        let secret = buffer[..<count].trimmingLineEnd
        guard !secret.isEmpty else { throw failure("is empty") }
        return SymmetricKey(data: secret)
    }

    private func failure(_ what: String) -> Failure {
        Failure(
            .stall, reason: "WebhookSecretUnreadable",
            message: "\(secretFile): the webhook secret \(what); deliveries are refused until it is mended")
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmingLineEnd: ArraySlice<UInt8> {
        var rest = self
        while let last = rest.last, last == 10 || last == 13 { rest.removeLast() }
        return rest
    }
}

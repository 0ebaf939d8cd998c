import Crypto
import Foundation
import WaybillCore

/// One delivery of a forge's webhook, read and judged without I/O.
///
/// Forges: GitHub (`X-Hub-Signature-256`), Gitea and Forgejo (`X-Gitea-Signature`, and GitHub's), both HMAC-SHA256 of the
/// body in hexadecimal; GitLab (`X-Gitlab-Token`, the secret itself). A delivery can only make the controller look at the
/// remote, so that replaying one does no more than a poll does.
struct WebhookDelivery {
    /// Value of a header by its lower-case name.
    var header: (String) -> String?
    var body: Data

    static let longestBody = 1024 * 1024

    enum Verdict: Hashable, Sendable {
        /// The watched branch moved, or may have: look at the remote.
        case sync
        /// The forge tries its settings.
        case ping
        /// Proven, and of no interest: why.
        case ignored(String)
        /// Not proven: why, for the log. The sender is told no more than that it is refused.
        case refused(String)
        /// Proven, but not readable: why.
        case unreadable(String)
    }

    func verdict(secret: SymmetricKey, branch: String) -> Verdict {
        if let doubt = doubt(secret: secret) { return .refused(doubt) }
        switch event {
        case "ping": return .ping
        case "push", "push hook": return pushVerdict(branch: branch)
        case nil: return .unreadable("no event header (X-GitHub-Event, X-Gitea-Event, X-Gitlab-Event)")
        case let other?: return .ignored("event \(other.quotedForMessage)")
        }
    }

    private var event: String? {
        let names = ["x-gitea-event", "x-forgejo-event", "x-gogs-event", "x-github-event", "x-gitlab-event"]
        return names.lazy.compactMap(header).first?.lowercased()
    }

    private func pushVerdict(branch: String) -> Verdict {
        struct Push: Decodable { var ref: String }
        guard let push = try? ControlJSON.decode(Push.self, from: body) else {
            return .unreadable("the body is no push in JSON; set the webhook's content type to application/json")
        }
        guard push.ref == "refs/heads/\(branch)" else {
            return .ignored("\(push.ref.quotedForMessage) is not the watched branch '\(branch)'")
        }
        return .sync
    }

    /// Why the sender is not known to have the secret; nil when it is. Every proof that is there must hold.
    private func doubt(secret: SymmetricKey) -> String? {
        var proofs = 0
        for (name, prefix) in [("x-hub-signature-256", "sha256="), ("x-gitea-signature", "")] {
            guard let given = header(name) else { continue }
            proofs += 1
            guard given.hasPrefix(prefix), let code = Self.bytes(hexadecimal: given.dropFirst(prefix.count)),
                HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: secret)
            else { return "\(name) does not match the secret" }
        }
        if let token = header("x-gitlab-token") {
            proofs += 1
            guard Self.isSecret(token, secret) else { return "x-gitlab-token is not the secret" }
        }
        return proofs > 0 ? nil : "no signature (X-Hub-Signature-256, X-Gitea-Signature, X-Gitlab-Token)"
    }

    /// Compares through authentication codes, whose comparison takes the same time whatever differs, length included.
    private static func isSecret(_ token: String, _ secret: SymmetricKey) -> Bool {
        let expected = secret.withUnsafeBytes { HMAC<SHA256>.authenticationCode(for: $0, using: secret) }
        return Data(token.utf8).withUnsafeBytes {
            HMAC<SHA256>.isValidAuthenticationCode(expected, authenticating: $0, using: secret)
        }
    }

    private static func bytes(hexadecimal text: Substring) -> [UInt8]? {
        let digits = text.utf8.compactMap { UInt8(hexadecimalDigit: $0) }
        guard digits.count == text.utf8.count, digits.count == 64 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

extension UInt8 {
    /// The value of an ASCII hexadecimal digit in either case.
    fileprivate init?(hexadecimalDigit byte: UInt8) {
        switch byte {
        case 48...57: self = byte - 48
        case 65...70: self = byte - 55
        case 97...102: self = byte - 87
        default: return nil
        }
    }
}

/// A file on the web as a manifest names it: `https://HOST[:PORT]/PATH[?QUERY]`.
package struct HTTPSAddress: Hashable, Sendable {
    package let address: WebAddress

    /// Parameters that make an address a key: it would stand in git for everyone, and stop working when it expires.
    private static let signatures: Set<String> = [
        "x-amz-signature", "x-amz-security-token", "x-amz-credential", "x-goog-signature", "signature", "sig", "token",
        "access_token",
        "sas", "key", "api_key", "apikey", "password", "auth",
    ]

    /// - Throws: `InvalidInput` that never repeats a password or a query.
    package init(parsing text: String) throws(InvalidInput) {
        address = try WebAddress(parsing: text)
        guard address.scheme == .https else {
            throw InvalidInput("\(address) is not secured by TLS; use 'https://'")
        }
        guard address.target.utf8.count <= 2048 else {
            throw InvalidInput("\(address) is too long; at most 2048 bytes after the host")
        }
        for parameter in address.target.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let name = parameter.prefix { $0 != "=" }.lowercased()
            if Self.signatures.contains(name) {
                throw InvalidInput(
                    "\(address) has a secret in its query ('\(name)'), which everyone who reads the manifest could use; leave it out and "
                        + "give the host a credential in 'sources.credentials' of waybill.yaml")
            }
        }
    }
}

/// Where an artifact's bytes are, outside the fleet repository and this machine, as the manifest says it.
///
/// What follows the scheme has a type of its own for each scheme, which the reader of that scheme parses again.
package struct RemoteSource: Hashable, Sendable, CustomStringConvertible {
    /// How the bytes are fetched. The raw value is what stands before the first colon.
    package enum Scheme: String, CaseIterable, Hashable, Sendable {
        case https
        case s3
        case oci
        case mlflow
        case huggingFace = "hf"
        case gitHTTPS = "git+https"
        case gitSSH = "git+ssh"
        case gitFile = "git+file"
    }

    package let scheme: Scheme
    /// All of it, scheme included, without secrets.
    package let text: String

    /// What the caller has checked.
    package init(scheme: Scheme, text: String) {
        self.scheme = scheme
        self.text = text
    }

    /// Nil when `text` does not begin with the name of a scheme and a colon.
    ///
    /// - Throws: `InvalidInput` that says what is wrong with the rest, or that this version cannot fetch from there.
    package init?(parsing text: String) throws(InvalidInput) {
        let name = text.prefix { $0 != ":" }
        guard name.utf8.count < text.utf8.count, let scheme = Scheme(rawValue: String(name)) else { return nil }
        self.scheme = scheme
        self.text = text
        try check()
    }

    package var description: String { text }
}

extension RemoteSource {
    /// Reads the rest as its scheme has it.
    private func check() throws(InvalidInput) {
        switch scheme {
        case .https: _ = try HTTPSAddress(parsing: text)
        case .oci: try OCIAddress(parsing: text).requireDigest()
        case .gitHTTPS, .gitSSH, .gitFile: _ = try GitAddress(parsing: text).requireCommit()
        case .huggingFace: try HuggingFaceAddress(parsing: text).requireCommit()
        case .mlflow: try MLflowAddress(parsing: text).requireNumber()
        case .s3: _ = try S3Address(parsing: text)
        }
    }
}

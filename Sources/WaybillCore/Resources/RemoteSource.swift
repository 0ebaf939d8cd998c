/// Where an artifact's bytes are, outside the fleet repository and this machine, as the manifest says it.
///
/// What follows the scheme is parsed by the reader of that scheme.
package struct RemoteSource: Hashable, Sendable, CustomStringConvertible {
    /// How the bytes are fetched.
    package enum Scheme: String, CaseIterable, Hashable, Sendable {
        case https
        case s3
        case oci
        case mlflow
        case huggingFace = "hf"
        case git
    }

    package var scheme: Scheme
    /// All of it, scheme included, without secrets.
    package var text: String

    package init(scheme: Scheme, text: String) {
        self.scheme = scheme
        self.text = text
    }

    package var description: String { text }
}

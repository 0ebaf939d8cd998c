/// What is wrong with a note, a checkpoint or a key's text.
package enum NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    case malformedKey(String)
    case malformedCheckpoint(String)
    /// A known key's signature does not fit the text.
    case wrongSignature(name: String)
    /// No signature is by a known key.
    case noKnownSignature

    package var description: String {
        switch self {
        case .malformed(let why): "not a signed note: \(why)"
        case .malformedKey(let why): "not a key of a signed note: \(why)"
        case .malformedCheckpoint(let why): "not a checkpoint: \(why)"
        case .wrongSignature(let name): "the signature by '\(name)' does not fit the text"
        case .noKnownSignature: "no signature is by a known key"
        }
    }
}

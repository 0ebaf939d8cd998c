import WaybillCore

/// What the controller asks of the helper process. Secrets travel by reference only.
struct HelperRequest: Codable, Equatable {
    enum Operation: Codable, Equatable {
        /// Names the watched branch's commit; transfers nothing.
        case head
        /// Brings the watched branch into the mirror at this folder.
        case fetch(mirror: String)
        /// Brings one commit, whatever branch has it, into the mirror at this folder.
        case collect(commit: String, mirror: String)
        /// Brings what refs below this prefix name into the mirror at this folder, and names the watched branch's commit.
        case statements(prefix: String, mirror: String)
        /// Names the commit of a branch or tag; transfers nothing.
        case resolve(name: String)
        /// Commits `content` as `file` on top of the remote's `reference` and pushes it. `repository` keeps what was pushed.
        case publish(Publication)
    }

    struct Publication: Codable, Equatable {
        var repository: String
        var reference: String
        var file: String
        var content: [UInt8]
        var message: String
        /// Seconds since 1970.
        var time: Int64
    }

    var operation: Operation
    var remote: RemoteConfiguration
    /// An empty folder of this request's own; the caller removes it whatever happens.
    var scratch: String
    /// Bytes that may be received.
    var byteLimit: Int
    /// Bytes that may be received each second; nil: any number.
    var bytesPerSecond: Int?
    /// After this many seconds the helper ends itself, in case nobody is left to end it.
    var seconds: Int
}

/// What the helper answers: one line of JSON.
enum HelperResponse: Codable, Equatable {
    /// The commit of the branch or of the publication, and the bytes received.
    case done(commit: String, received: Int)
    case failed(disposition: String, reason: String, message: String)

    init(_ failure: Failure) {
        self = .failed(
            disposition: failure.disposition.rawValue, reason: failure.reason, message: failure.message)
    }
}

package import WaybillCore

/// A started candidate, as whoever measures it sees it.
package protocol CandidatePort: Sendable {
    /// The body of the answer to a request of the Open Inference Protocol V2 with this body.
    ///
    /// - Throws: when nothing answers, or the answer says that the request failed.
    func ask(_ body: [UInt8]) async throws(Failure) -> [UInt8]
}

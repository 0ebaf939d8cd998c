package import NIOCore
package import WaybillCore

/// Makes the bytes of a request's body, in pieces.
package protocol BodyMaker: Sendable {
    /// The next piece; nil at the end.
    func next() async throws(Failure) -> ByteBuffer?
}

/// What a maker makes, as the body of a request.
struct MadeBody: AsyncSequence, Sendable {
    let maker: @Sendable () -> any BodyMaker
    let sent: (@Sendable (Int) -> Void)?

    func makeAsyncIterator() -> Iterator { Iterator(maker: maker(), sent: sent) }

    struct Iterator: AsyncIteratorProtocol {
        let maker: any BodyMaker
        let sent: (@Sendable (Int) -> Void)?

        func next() async throws -> ByteBuffer? {
            let piece = try await maker.next()
            if let piece { sent?(piece.readableBytes) }
            return piece
        }
    }
}

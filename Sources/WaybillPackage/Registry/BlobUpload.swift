import WaybillCore

/// Brings one blob to a registry, decided in values: `step` is told what happened and says what to do next.
///
/// **Flow.** A blob that the registry has, or mounts from another repository, is never sent. A small one goes in one request. A larger one goes
/// in pieces; after each the registry says how far it is. When the connection is lost, also by a crash of ours, the registry is asked
/// how far it came and goes on from there; what it no longer knows begins anew. A registry that takes no pieces gets the blob whole.
///
/// **Guarantees.** Lost connections, forgotten uploads and pieces that were taken in part count until a piece is taken whole; more than
/// `lostLimit` of them end it, and the next push goes on from there. No answer makes it send beyond the blob, or go on for ever.
struct BlobUpload: Hashable, Sendable {
    enum Event: Hashable, Sendable {
        /// The registry has the blob: found, mounted, or complete.
        case held
        case absent
        case opened(location: String, atLeast: Int64)
        /// Pieces up to this byte are taken.
        case took(upTo: Int64, location: String)
        /// It does not take this piece.
        case refused(status: Int, Failure)
        /// It knows nothing of the upload any more.
        case gone
        case lost(Failure)
    }

    enum Action: Hashable, Sendable {
        case open
        case send(location: String, from: Int64, upTo: Int64)
        case sendWhole(location: String)
        case finish(location: String)
        /// How far is it?
        case ask(location: String)
        /// Does it hold the blob?
        case look
        case end
        case fail(Failure)
    }

    private enum Phase: Hashable, Sendable {
        case looking, opening
        case sending(location: String, from: Int64, upTo: Int64)
        case sendingWhole, ended
        case finishing(location: String)
        case asking(location: String)
    }

    /// How a blob is cut.
    struct Pieces: Hashable, Sendable {
        /// Bytes that go in one request.
        var whole: Int64 = 8 << 20
        /// Bytes of a piece, unless the registry wants more.
        var piece: Int64 = 64 << 20
    }

    /// Lost connections in a row.
    static let lostLimit = 4

    let size: Int64
    /// For messages: which blob, where.
    let place: String
    private var phase = Phase.looking
    private var takesPieces = true
    private let whole: Int64
    private var piece: Int64
    private(set) var lost = 0
    /// A session of an earlier process.
    private var remembered: String?

    init(size: Int64, place: String, remembered: String? = nil, pieces: Pieces = Pieces()) {
        (whole, piece) = (pieces.whole, pieces.piece)
        self.size = size
        self.place = place
        self.remembered = remembered
    }

    static let first = Action.look

    mutating func step(_ event: Event) -> Action {
        switch (phase, event) {
        case (_, .held):
            phase = .ended
            return .end
        case (.looking, .absent):
            if let location = remembered {
                remembered = nil
                return ask(location)
            }
            return open()
        case (.opening, .opened(let location, let atLeast)): return opened(location, atLeast)
        case (.sending(_, let from, let end), .took(let upTo, let location)):
            guard upTo > from, upTo <= end else { return lie("says after bytes \(from) to \(end) that it has \(upTo)") }
            if upTo == end { lost = 0 } else if let end = count(stingy) { return end }
            return goOn(from: upTo, location)
        case (.asking, .took(let upTo, let location)):
            guard (0...size).contains(upTo) else { return lie("says that it has \(upTo) bytes of \(size)") }
            return goOn(from: upTo, location)
        case (.sending(let location, let from, _), .refused(let status, let failure)):
            if status == 416 { return count(failure) ?? ask(location) }
            guard from == 0, takesPieces else { return fail(failure) }
            takesPieces = false
            return open()
        case (.asking, .refused), (.asking, .gone), (.sending, .gone), (.finishing, .gone), (.sendingWhole, .gone):
            return count(vanished) ?? open()
        case (.opening, .refused(_, let failure)), (.sendingWhole, .refused(_, let failure)),
            (.finishing, .refused(_, let failure)), (.looking, .refused(_, let failure)):
            return fail(failure)
        case (.sending(let location, _, _), .lost(let failure)), (.asking(let location), .lost(let failure)):
            return count(failure) ?? ask(location)
        case (.sendingWhole, .lost(let failure)), (.finishing, .lost(let failure)), (.looking, .lost(let failure)):
            phase = .looking
            return count(failure) ?? .look
        case (.opening, .lost(let failure)): return count(failure) ?? open()
        case (.looking, .opened), (.looking, .took), (.looking, .gone), (.opening, .absent), (.opening, .took),
            (.opening, .gone), (.sending, .absent), (.sending, .opened), (.sendingWhole, .absent),
            (.sendingWhole, .opened), (.sendingWhole, .took), (.finishing, .absent),
            (.finishing, .opened), (.finishing, .took), (.asking, .absent), (.asking, .opened), (.ended, .absent),
            (.ended, .opened), (.ended, .took), (.ended, .refused), (.ended, .gone), (.ended, .lost):
            return lie("answers something else than it was asked")
        }
    }

    private mutating func open() -> Action {
        phase = .opening
        return .open
    }

    private mutating func opened(_ location: String, _ atLeast: Int64) -> Action {
        piece = max(piece, atLeast)
        guard size > whole, takesPieces else {
            phase = .sendingWhole
            return .sendWhole(location: location)
        }
        return goOn(from: 0, location)
    }

    private mutating func goOn(from: Int64, _ location: String) -> Action {
        guard from < size else {
            phase = .finishing(location: location)
            return .finish(location: location)
        }
        let end = size - from > piece ? from + piece : size
        phase = .sending(location: location, from: from, upTo: end)
        return .send(location: location, from: from, upTo: end)
    }

    private mutating func ask(_ location: String) -> Action {
        phase = .asking(location: location)
        return .ask(location: location)
    }

    private mutating func count(_ failure: Failure) -> Action? {
        lost += 1
        return lost > Self.lostLimit || failure.disposition == .stall ? fail(failure) : nil
    }

    private mutating func fail(_ failure: Failure) -> Action {
        phase = .ended
        return .fail(failure)
    }

    private mutating func lie(_ what: String) -> Action {
        fail(Failure(.stall, reason: "RegistryUnsound", message: "\(place): the registry \(what)"))
    }

    private var stingy: Failure {
        Failure(
            .retry, reason: "PushInterrupted", message: "\(place): the registry takes less than it is given; push again"
        )
    }

    private var vanished: Failure {
        Failure(
            .retry, reason: "PushInterrupted",
            message: "\(place): the registry forgot the upload while it was under way; push again")
    }
}

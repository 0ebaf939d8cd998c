package import WaybillCore

/// What Waybill asks of a forge. Each act may be repeated: a second one finds what the first one made.
///
/// **Failures** are `ForgeUnauthorized`, `ForgeForbidden`, `ForgeNotFound`, `ForgeRefused`, `ForgeMoved`, `ForgeUntrusted` and
/// `ForgeUnexpected`, which need a person, and `ForgeBusy` and `ForgeUnavailable`, which do not. None shows the token.
package struct Forge: Sendable {
    package let connection: ForgeConnection
    private let clock: @Sendable () -> Timestamp
    private let sleep: @Sendable (Duration) async throws -> Void

    private static let attempts = 4
    /// Pages read of one list: 2,000 things on GitHub, 1,000 on Gitea.
    private static let mostPages = 20

    package var place: ForgePlace { connection.place }

    /// - Parameters:
    ///   - clock: the wall clock, for limits that end at a time.
    ///   - sleep: how a pause is waited for.
    package init(
        _ connection: ForgeConnection, clock: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        (self.connection, self.clock, self.sleep) = (connection, clock, sleep)
    }

    // MARK: Requests

    /// Open requests whose branch is in this repository itself, never in a fork.
    package func ownRequests() async throws(Failure) -> [ForgeRequest] {
        let all: [ForgeRequest] = try await list { place.openRequests(page: $0) }
        return all.filter { $0.isOwn(of: place) }
    }

    /// The open request of a branch of this repository.
    package func request(of head: String) async throws(Failure) -> ForgeRequest? {
        try await ownRequests().first { $0.head.ref == head }
    }

    /// The open request whose branch is at `commit` now, whoever's repository that branch is in.
    package func request(at commit: CommitID) async throws(Failure) -> ForgeRequest? {
        let all: [ForgeRequest] = try await list { place.openRequests(page: $0) }
        return all.first { $0.head.sha == commit.hex }
    }

    /// Opens a request, or makes the one that is open for its branch say this.
    ///
    /// - Returns: the request, and whether it is new.
    package func open(_ draft: RequestDraft) async throws(Failure) -> (request: ForgeRequest, isNew: Bool) {
        if let found = try await request(of: draft.head) { return (try await update(found, draft), false) }
        let made = try await make(place.create(draft)) { () async throws(Failure) in
            try await request(of: draft.head)
        }
        switch made {
        case .made(let answer): return (try decoded(answer, place.create(draft)), true)
        case .found(let request): return (try await update(request, draft), true)
        }
    }

    private func update(_ found: ForgeRequest, _ draft: RequestDraft) async throws(Failure) -> ForgeRequest {
        if found.title == draft.title, found.body == draft.body, found.base.ref == draft.base { return found }
        let call = place.update(found.number, to: draft)
        return try decoded(try await ask(call), call)
    }

    /// Says why in a comment, then closes; the comment is written once however often this is repeated.
    package func close(_ number: Int64, saying text: String) async throws(Failure) {
        try await comment(on: number, HiddenMarker("closed"), text)
        _ = try await ask(place.close(number))
    }

    // MARK: Comments and statuses

    /// Writes the one comment that `marker` marks, or edits it in place.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    package func comment(on number: Int64, _ marker: HiddenMarker, _ text: String) async throws(Failure) -> Bool {
        let text = marker.text(text)
        let login = try await login()
        if let found = try await comment(on: number, marker, login) {
            return try await edit(found, text)
        }
        let made = try await make(place.comment(on: number, text)) { () async throws(Failure) in
            try await comment(on: number, marker, login)
        }
        if case .found(let comment) = made { return try await edit(comment, text) || true }
        return true
    }

    private func edit(_ comment: ForgeComment, _ text: String) async throws(Failure) -> Bool {
        if comment.body == text { return false }
        _ = try await ask(place.edit(comment: comment.id, text))
        return true
    }

    private func comment(
        on number: Int64, _ marker: HiddenMarker, _ login: String?
    ) async throws(Failure) -> ForgeComment? {
        let all: [ForgeComment] = try await list { place.comments(of: number, page: $0) }
        return all.first { marker.isOurs($0, login: login) }
    }

    package func set(_ status: ForgeStatus, on commit: CommitID) async throws(Failure) {
        _ = try await ask(place.set(status, on: commit))
    }

    /// Who the token is; nil where the forge does not say, as GitHub does not of the tokens of workflows.
    private func login() async throws(Failure) -> String? {
        do throws(Failure) {
            let author: ForgeComment.Author = try decoded(try await ask(place.whoAmI), place.whoAmI)
            return author.login
        } catch {
            guard error.reason == "ForgeForbidden", place.kind == .github else { throw error }
            return nil
        }
    }

    // MARK: Asking

    /// All pages of a list, each question's page counted here.
    private func list<Item: Decodable>(_ call: (Int) -> ForgeCall) async throws(Failure) -> [Item] {
        var items: [Item] = []
        for page in 1...Self.mostPages {
            let answer = try await ask(call(page))
            items += try decoded(answer, call(page)) as [Item]
            guard answer.hasNextPage else { return items }
        }
        throw Failure(
            .stall, reason: "ForgeUnexpected",
            message:
                "\(call(1).words(place)): has more than \(Self.mostPages) pages, so that what is looked for may be missed; "
                + "close some of them")
    }

    private enum Made<Item> {
        case made(ForgeAnswer)
        case found(Item)
    }

    /// Makes a thing once: looks for it whenever it is not known whether it was made, or the forge says that it is there.
    private func make<Item>(
        _ call: ForgeCall, looking: () async throws(Failure) -> Item?
    ) async throws(Failure) -> Made<Item> {
        var last: Failure?
        for attempt in 0..<Self.attempts {
            do throws(Failure) { return .made(try await ask(call)) } catch {
                guard ["ForgeUnavailable", "ForgeRefused"].contains(error.reason) else { throw error }
                if let found = try await looking() { return .found(found) }
                if error.reason == "ForgeRefused" { throw error }
                last = error
                try await pause(ForgeVerdict.pause(attempt))
            }
        }
        throw last ?? .cancelled
    }

    /// One question, repeated where that is sound.
    private func ask(_ call: ForgeCall) async throws(Failure) -> ForgeAnswer {
        var said = ""
        for attempt in 0..<Self.attempts {
            let wait: Duration
            var isLost = true
            switch try await connection.exchange(call) {
            case .lost(let words): (wait, said) = (ForgeVerdict.pause(attempt), words)
            case .answered(let answer):
                let now = clock().milliseconds / 1000
                switch ForgeVerdict.judge(answer, to: call, at: place, attempt: attempt, now: now) {
                case .good: return answer
                case .refused(let failure): throw failure
                case .wait(let time): (wait, isLost) = (time, false)
                case .lost(let time): wait = time
                }
                said = "it answered \(answer.status)"
            }
            if isLost, call.repetition == .onlyAfterLooking { break }
            if attempt + 1 < Self.attempts { try await pause(wait) }
        }
        throw Failure(
            .retry, reason: "ForgeUnavailable",
            message: "\(call.words(place)): \(said); run this again, nothing is done twice")
    }

    private func pause(_ duration: Duration) async throws(Failure) {
        do { try await sleep(duration) } catch { throw .cancelled }
    }

    private func decoded<Item: Decodable>(
        _ answer: ForgeAnswer, _ call: ForgeCall
    ) throws(Failure) -> Item {
        do { return try answer.decoded() } catch {
            throw Failure(
                .stall, reason: "ForgeUnexpected",
                message:
                    "\(call.words(place)): the answer is not what the API describes; is forge.url where the API begins?"
            )
        }
    }
}

import NIOHTTP1
import WaybillCore

/// One deployment's route, made ready for look-ups.
final class RouteEntry: Sendable {
    /// What a request may be served by.
    enum Aim: Equatable {
        /// The revision whose turn it is.
        case any
        /// The same among revisions of a version.
        case version(String)
        /// One revision that a tester chose, of a version if the path names one.
        case revision(String, version: String?)
    }

    /// `environment/deployment`.
    let key: String
    /// The header by which testers choose, in the table's spelling.
    let chooser: String?
    let backends: [Backend]
    /// Where each loop counts this deployment's requests.
    let slot: Int
    /// Nil where nothing is recorded.
    let recording: RouteRecording?
    private let rules: PathRules
    /// For requests whose revision was chosen: it may be of a version that is not in rotation.
    private let rulesForChosen: PathRules
    private let whole: Rotation
    private let byVersion: [(version: String, rotation: Rotation)]
    private let candidates: [Candidate]

    /// - Parameters:
    ///   - route: checked.
    ///   - candidates: one for each of its backends.
    ///   - turns: the count for shares, the same for the same shares.
    init(
        _ route: RouteTable.Route, candidates: [Candidate], slot: Int, recording: RouteRecording? = nil,
        turns: ([RouteTable.Split]) -> SplitTurn
    ) {
        self.recording = recording
        key = route.key
        chooser = route.chooser
        self.candidates = candidates
        self.slot = slot
        backends = candidates.map(\.backend)
        let shares = route.splits.filter { $0.weight > 0 }
        let inRotation =
            route.splits.isEmpty
            ? candidates : candidates.filter { one in shares.contains { $0.revision == one.backend.revision } }
        let rotating = Set(inRotation.map(\.backend.version))
        whole = Self.rotation(of: inRotation, shares, turns)
        byVersion = rotating.sorted().map { [whole] version in
            rotating.count == 1
                ? (version, whole)
                : (version, Self.rotation(of: inRotation.filter { $0.backend.version == version }, shares, turns))
        }
        let hidden = Set(candidates.map(\.backend.version)).subtracting(rotating)
        rules = route.rules(naming: route.versions.filter { !hidden.contains($0) })
        rulesForChosen = route.rules(naming: route.versions)
    }

    private static func rotation(
        of candidates: [Candidate], _ shares: [RouteTable.Split], _ turns: ([RouteTable.Split]) -> SplitTurn
    ) -> Rotation {
        let own = shares.filter { share in candidates.contains { $0.backend.revision == share.revision } }
        guard own.count > 1 else { return Rotation(pools: [RevisionPool(candidates: candidates)], turn: nil) }
        let pools = own.map { share in
            RevisionPool(candidates: candidates.filter { $0.backend.revision == share.revision })
        }
        return Rotation(pools: pools, turn: turns(own))
    }

    /// Whether a request that takes no connection at one revision may go to another.
    func isDivided(_ aim: Aim) -> Bool { rotation(aim).map { $0.turn != nil } ?? false }

    /// A replica for `aim`; nil when there is none.
    ///
    /// - Parameters:
    ///   - failure: what this request was given to before.
    ///   - turn: grows with each choice of a loop, so that ties go round.
    ///   - now: monotonic nanoseconds.
    func choose(_ aim: Aim, after failure: FailedChoice?, turn: Int, now: UInt64) -> Candidate? {
        if case .revision(let revision, let version) = aim {
            return chosen(revision, version).leastLoaded(avoiding: failure?.backend, turn: turn, now: now)
        }
        return rotation(aim)?.choose(after: failure, loopTurn: turn, now: now)
    }

    private func rotation(_ aim: Aim) -> Rotation? {
        switch aim {
        case .any: whole
        case .version(let version): byVersion.first { $0.version == version }?.rotation
        case .revision: nil
        }
    }

    private func chosen(_ revision: String, _ version: String?) -> RevisionPool {
        RevisionPool(
            candidates: candidates.filter { one in
                one.backend.revision == revision && (version == nil || one.backend.version == version)
            })
    }

    // MARK: What a request asks for

    /// What a request of `path` may be served by.
    ///
    /// - Parameter choice: what the chooser's header says, if it is there.
    /// - Throws: `Refusal` for a path, version or choice that is not served (404), is ambiguous (400), or has no ready
    ///   replica (503).
    func aim(at path: Substring, choice: String?) throws(Refusal) -> Aim {
        let revision: String? = if let choice { try self.revision(calledBy: choice) } else { nil }
        var version: String?
        switch (revision == nil ? rules : rulesForChosen).judge(path) {
        case .pass(let named): version = named
        case .refused(let why): throw Refusal(.notServed, .notFound, why)
        }
        guard let revision else {
            let aim = version.map(Aim.version) ?? .any
            guard rotation(aim)?.pools.first?.candidates.isEmpty == false else { throw .notReady }
            return aim
        }
        guard !chosen(revision, version).candidates.isEmpty else {
            let version = version ?? ""
            throw Refusal(
                .notServed, .notFound, "the revision that '\(chooser ?? "")' chooses is not of version \(version)")
        }
        return .revision(revision, version: version)
    }

    func isRepeatable(_ path: Substring) -> Bool { rules.isRepeatable(path) }

    /// The revision that `name` names: by its short or full form, or by its version when that is one revision's only.
    private func revision(calledBy name: String) throws(Refusal) -> String {
        let revisions = Dictionary(
            candidates.map { ($0.backend.revision, $0.backend.version) }, uniquingKeysWith: { first, _ in first })
        let named = revisions.filter { $0.key == name || Stamp.short(revision: $0.key) == name }
        let matching = named.isEmpty ? revisions.filter { $0.value == name } : named
        if let only = matching.first, matching.count == 1 { return only.key }
        let there = (matching.isEmpty ? revisions : matching)
            .map { "\(Stamp.short(revision: $0.key)) (version \($0.value))" }.sorted().joined(separator: ", ")
        guard !matching.isEmpty else {
            throw Refusal(
                .notServed, .notFound,
                "no revision is called \(name.quotedForMessage), as '\(chooser ?? "")' asks; there are: "
                    + (there.isEmpty ? "none" : there))
        }
        throw Refusal(
            .malformed, .badRequest,
            "\(name.quotedForMessage), as '\(chooser ?? "")' asks, is the version of several revisions; name one of: \(there)"
        )
    }
}

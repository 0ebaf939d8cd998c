/// Turns commits into desired state.
package protocol DesiredStateSource: Sendable {
    /// Moves to `commit` and says what that changes against the commit moved to before. Loading an earlier commit again goes
    /// back to it. Work grows with what differs.
    func load(_ commit: CommitID) async throws(Failure) -> DesiredDelta
    /// The same on the way to what is in force. `isNext`: no accepted commit lies between this one and the one before.
    func replay(_ commit: CommitID, isNext: Bool) async throws(Failure) -> DesiredDelta
    /// Goes back to the beginning: the next load is compared with nothing.
    func forget() async
    /// Versions of models at the commit last moved to that nothing fixes yet.
    func unfixed() async -> [FixedVersion]
    /// Takes what earlier commits fixed: a version that is not so is an error from the next load on, which holds it.
    func remember(_ fixed: [FixedVersion]) async
    /// All of the commit last moved to.
    func current() async -> DesiredState?
}

/// The wall clock, as an argument.
package protocol WallClock: Sendable {
    func now() -> Timestamp
}

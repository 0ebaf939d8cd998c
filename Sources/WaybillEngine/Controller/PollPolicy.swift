/// When the git remote is asked again.
package struct PollPolicy: Hashable, Sendable {
    /// Between two rounds that went well.
    package var interval: Duration
    /// The longest wait after failures, unless the interval is longer.
    package static let cap = Duration.seconds(300)

    package init(interval: Duration) { self.interval = interval }

    /// The wait after a round: the interval, or after failures in a row 1 s doubling up to five minutes; give or take a tenth, so that
    /// many controllers do not ask at once.
    ///
    /// - Parameters:
    ///   - failures: in a row, 0 after a round that went well.
    ///   - chance: 0 to 1; from nine to eleven tenths of the wait.
    package func wait(afterFailures failures: Int, chance: Double) -> Duration {
        let backOff = EnginePolicy.doubled(.seconds(1), failures, cap: max(interval, Self.cap))
        return (failures == 0 ? interval : backOff) * (0.9 + chance / 5)
    }
}

/// The engine's numbers. Times are on the engine's own clock, which never runs backwards.
package struct EnginePolicy: Hashable, Sendable {
    /// Observations and quick acts under way at once.
    package var workers: Int
    /// Preparations under way at once; they may take minutes and occupy no worker.
    package var builders: Int
    /// Delay after the first failure or exit in a row; doubles with each further one.
    package var backOffBase: Duration
    package var backOffCap: Duration
    /// Delay after a failure that says "wait".
    package var waitDelay: Duration
    /// How soon a deployment under way is looked at again when nothing is reported; doubles to `pollCap`.
    package var pollBase: Duration
    package var pollCap: Duration
    /// How often a deployment at rest is looked at, give or take a quarter.
    package var resync: Duration
    /// Deployments at rest are looked at when a multiple of this comes, so that those that are due about then share what a look asks of
    /// all: a machine that is woken for each of ten thousand never rests.
    package var resyncGrain: Duration
    /// Over how long an asked-for look at everything is spread.
    package var resyncSpread: Duration
    /// Exits in a row from which a deployment counts as stalled.
    package var crashLoopExits: Int
    /// An exit this long after the one before is the first of a new row.
    package var exitWindow: Duration
    /// After this time without an answer an effect is cancelled.
    package var quickDeadline: Duration
    /// The same for a preparation, counted from when it last got on.
    package var prepareDeadline: Duration

    /// How long after the last revision or replica went what it leaves is removed.
    package var collectDelay: Duration

    package init(
        workers: Int = 8, builders: Int = 2, backOffBase: Duration = .seconds(1), backOffCap: Duration = .seconds(300),
        waitDelay: Duration = .seconds(5), pollBase: Duration = .seconds(1), pollCap: Duration = .seconds(30),
        resync: Duration = .seconds(600), resyncGrain: Duration = .seconds(2), resyncSpread: Duration = .seconds(10),
        crashLoopExits: Int = 5, exitWindow: Duration = .seconds(900), quickDeadline: Duration = .seconds(120),
        prepareDeadline: Duration = .seconds(3600), collectDelay: Duration = .seconds(10)
    ) {
        self.workers = workers
        self.builders = builders
        self.backOffBase = backOffBase
        self.backOffCap = backOffCap
        self.waitDelay = waitDelay
        self.pollBase = pollBase
        self.pollCap = pollCap
        self.resync = resync
        self.resyncGrain = resyncGrain
        self.resyncSpread = resyncSpread
        self.crashLoopExits = crashLoopExits
        self.exitWindow = exitWindow
        self.quickDeadline = quickDeadline
        self.prepareDeadline = prepareDeadline
        self.collectDelay = collectDelay
    }

    /// `backOffBase` doubled for each failure after the first, capped, then between a half and the whole of it.
    ///
    /// | failures | jitter 0 | jitter 1 |
    /// | 1 | 0.5 s | 1 s |
    /// | 4 | 4 s | 8 s |
    /// | 10 and more | 150 s | 300 s |
    package func backOff(afterFailures count: Int, jitter: Double) -> Duration {
        Self.doubled(backOffBase, count, cap: backOffCap) * (0.5 + jitter / 2)
    }

    /// How long until the next look, after `count` looks that changed nothing.
    package func poll(afterLooks count: Int) -> Duration { Self.doubled(pollBase, count + 1, cap: pollCap) }

    /// `base` for the first of a row, twice as long for each one after it, `cap` at most.
    static func doubled(_ base: Duration, _ count: Int, cap: Duration) -> Duration {
        min(cap, base * (1 << min(max(count, 1) - 1, 16)))
    }
}

package import WaybillCore

/// Everything outside the engine that the controller acts on, as ports.
package struct World: Sendable {
    package var target: any Target
    package var gateway: any GatewayControl
    package var ledger: any RecoverableLedger
    package var clock: any WallClock
    /// Keeps what people ask for; never decides anything.
    package var summaries: any SummaryStore
    /// Asks the gates of checklists. Nil: nobody can, and what is asked to pass one does not start.
    package var validator: (any Validator)?
    /// Starts the data plane when it is gone. Nil: somebody else looks after it.
    package var gatewayKeeper: (any GatewayKeeper)?
    /// What is found where a gateway that does not answer should be, in words.
    package var gatewayTrace: @Sendable () -> String

    package init(
        target: any Target, gateway: any GatewayControl, ledger: any RecoverableLedger, clock: any WallClock,
        summaries: any SummaryStore, gatewayKeeper: (any GatewayKeeper)?,
        validator: (any Validator)? = nil, gatewayTrace: @escaping @Sendable () -> String
    ) {
        self.validator = validator
        self.target = target
        self.gateway = gateway
        self.ledger = ledger
        self.clock = clock
        self.summaries = summaries
        self.gatewayKeeper = gatewayKeeper
        self.gatewayTrace = gatewayTrace
    }
}

/// A ledger that can be opened again once the cause of its loss is gone.
package protocol RecoverableLedger: LedgerStorage {
    /// Checks files and identity again and goes on; what was acknowledged before is still there afterwards.
    func recover() async throws(Failure)
}

/// Where summaries are kept for the time when no controller runs. Calls return at once, in the order of what they say.
package protocol SummaryStore: Sendable {
    func save(_ summary: KeySummary)
    func remove(_ key: DeploymentKey)
}

/// Starts the gateway process.
package protocol GatewayKeeper: Sendable {
    /// Starts a gateway that outlives this process; returns where it listens once it answers.
    func start(ticket: Ticket) async throws(Failure) -> String
}

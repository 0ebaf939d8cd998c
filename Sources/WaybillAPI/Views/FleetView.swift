package import WaybillCore

/// The state of the whole: which commit is in force, what is held, and whether the parts answer.
package struct FleetView: Hashable, Sendable, Codable {
    package var controller: Controller
    package var repository: Repository
    package var deployments: Totals
    /// Holds of the fleet, and of deployments, newest first.
    package var holds: [Hold]
    package var problems: [DiagnosticView]
    package var ledger: Ledger
    package var gateway: Gateway
    /// Who may say what; absent before a first commit was taken in.
    package var rules: Rules?

    package init(
        controller: Controller, repository: Repository, deployments: Totals, holds: [Hold], problems: [Diagnostic],
        ledger: Ledger, gateway: Gateway, rules: Rules? = nil
    ) {
        self.rules = rules
        self.controller = controller
        self.repository = repository
        self.deployments = deployments
        self.holds = holds
        self.problems = problems.map(DiagnosticView.init)
        self.ledger = ledger
        self.gateway = gateway
    }

    package struct Controller: Hashable, Sendable, Codable {
        package var build: String
        package var pid: Int32
        package var startedAt: Moment
        package var stateFolder: String

        package init(build: String, pid: Int32, startedAt: Timestamp, stateFolder: String) {
            self.build = build
            self.pid = pid
            self.startedAt = Moment(startedAt)
            self.stateFolder = stateFolder
        }
    }

    package struct Repository: Hashable, Sendable, Codable {
        /// Without credentials.
        package var url: String
        package var branch: String
        package var path: String
        /// The desired state.
        package var commit: Commit?
        /// What the branch names, when that is not the desired state.
        package var head: String?
        /// When the remote was last asked with success.
        package var fetchedAt: Moment?
        /// Why the remote could not be asked last time.
        package var problem: String?

        package init(
            url: String, branch: String, path: String, commit: CommitSummary?, head: CommitID?,
            fetchedAt: Timestamp?, problem: String?
        ) {
            self.url = url
            self.branch = branch
            self.path = path
            self.commit = commit.map(Commit.init)
            self.head = head?.hex
            self.fetchedAt = fetchedAt.map(Moment.init)
            self.problem = problem
        }
    }

    package struct Commit: Hashable, Sendable, Codable {
        package var id: String
        package var author: String
        package var summary: String
        package var time: Moment

        package init(_ commit: CommitSummary) {
            id = commit.id.hex
            author = commit.author
            summary = commit.summary
            time = Moment(commit.time)
        }
    }

    package struct Totals: Hashable, Sendable, Codable {
        package var total: Int
        package var ready: Int
        package var reconciling: Int
        package var stalled: Int
        package var held: Int
        package var paused: Int

        /// Counts each deployment once, by `DeploymentView.status`.
        package init(_ deployments: some Collection<DeploymentView>) {
            func count(_ status: String) -> Int { deployments.filter { $0.status == status }.count }
            total = deployments.count
            ready = count("Ready")
            reconciling = count("Reconciling")
            stalled = count("Stalled")
            held = count("Held")
            paused = count("Paused")
        }
    }

    package struct Hold: Hashable, Sendable, Codable {
        /// `fleet` or a deployment.
        package var subject: String
        /// `HistoryRewound`, `MassDeletion`…
        package var reason: String
        package var message: String
        /// The commit to accept, if accepting ends it.
        package var commit: String?
        package var since: Moment

        package init(subject: String, reason: String, message: String, commit: CommitID?, since: Timestamp) {
            self.subject = subject
            self.reason = reason
            self.message = message
            self.commit = commit?.hex
            self.since = Moment(since)
        }
    }

    package struct Rules: Hashable, Sendable, Codable {
        /// True when no access file is in force.
        package var ungoverned: Bool
        /// One sentence.
        package var message: String
        /// Of the access file's bytes.
        package var access: String?
        /// Digest of the rules in force; absent when nobody governs them.
        package var inForce: String?
        /// The commit that brought them.
        package var since: String?
        package var governors: [String]

        package init(
            ungoverned: Bool, message: String, access: Digest?, inForce: Digest?, since: CommitID?, governors: [Name]
        ) {
            (self.ungoverned, self.message) = (ungoverned, message)
            self.access = access?.description
            self.inForce = inForce?.description
            self.since = since?.hex
            self.governors = governors.map(\.text)
        }
    }

    package struct Ledger: Hashable, Sendable, Codable {
        package var origin: String
        package var entries: UInt64
        /// When a checkpoint last left the machine; absent when it never did.
        package var anchoredAt: Moment?
        /// Why it cannot be written; nothing is done while it is so.
        package var problem: String?
        /// What fails beside it, as its publication or an anchor; absent when nothing does.
        package var warnings: [String]?

        package init(
            origin: String, entries: UInt64, anchoredAt: Timestamp?, problem: String?, warnings: [String] = []
        ) {
            self.warnings = warnings.isEmpty ? nil : warnings
            self.origin = origin
            self.entries = entries
            self.anchoredAt = anchoredAt.map(Moment.init)
            self.problem = problem
        }
    }

    package struct Gateway: Hashable, Sendable, Codable {
        package var running: Bool
        package var address: String?
        package var pid: Int32?
        package var build: String?
        /// Of the route table in force.
        package var generation: UInt64?
        package var problem: String?

        package init(_ status: GatewayStatus?, problem: String? = nil) {
            running = status != nil
            address = status?.address
            pid = status?.pid
            build = status?.build
            generation = status?.generation
            self.problem = problem ?? status?.tableProblem
        }
    }
}

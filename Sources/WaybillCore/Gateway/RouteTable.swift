/// What the gateway routes, whole: a file that the controller replaces atomically and the gateway watches.
package struct RouteTable: Hashable, Sendable {
    /// The newest format that this build reads and writes. Format 2 adds shares, the chooser, and what stamps say; format 3
    /// what is recorded.
    package static let currentFormat = 3

    /// Grows by one with each table that is published.
    package var generation: UInt64
    package var routes: [Route]

    package init(generation: UInt64, routes: [Route]) {
        self.generation = generation
        self.routes = routes
    }

    /// The oldest format that can say all of it: what needs nothing new is read by older builds too.
    package var format: Int {
        if routes.contains(where: { $0.recording.isOn }) { return 3 }
        return routes.contains { $0.needsFormat2 } ? 2 : 1
    }

    /// One deployment's rotation.
    package struct Route: Hashable, Sendable {
        package var environment: String
        package var deployment: String
        /// `oip-v2`, `openai` or `http`.
        package var servingProtocol: String
        /// Path prefixes passed on for `http`.
        package var paths: [String]
        /// Versions in rotation, for `/versions/{v}`.
        package var versions: [String]
        package var backends: [Backend]
        /// The name of the model, for stamps; empty: not known.
        package var model: String
        /// Shares of the traffic by revision, in whole percent, summing to 100 over revisions that have a backend here.
        /// Empty: all backends are one pool. A revision that is not named has a share of 0.
        package var splits: [Split]
        /// A header by which a tester chooses a revision (its short form or its version); nil: nobody may.
        package var chooser: String?
        /// What is recorded of its predictions.
        package var recording: RecordingPolicy

        package init(
            environment: String, deployment: String, servingProtocol: String, paths: [String], versions: [String],
            backends: [Backend], model: String = "", splits: [Split] = [], chooser: String? = nil,
            recording: RecordingPolicy = .off
        ) {
            self.recording = recording
            self.environment = environment
            self.deployment = deployment
            self.servingProtocol = servingProtocol
            self.paths = paths
            self.versions = versions
            self.backends = backends
            self.model = model
            self.splits = splits
            self.chooser = chooser
        }

        fileprivate var needsFormat2: Bool {
            !model.isEmpty || !splits.isEmpty || chooser != nil || backends.contains { !$0.commit.isEmpty }
        }
    }

    /// The share of one revision in a deployment's traffic.
    package struct Split: Hashable, Sendable, Codable {
        /// As in `Backend.revision`.
        package var revision: String
        /// Whole percent, 0 to 100. With 0 it is reached by the chooser only.
        package var weight: Int

        package init(revision: String, weight: Int) {
            self.revision = revision
            self.weight = weight
        }
    }

    /// One ready replica on loopback.
    package struct Backend: Hashable, Sendable {
        package var replica: String
        /// In full, as in `sha256:…`.
        package var revision: String
        package var version: String
        package var port: Int
        /// The commit at which this revision was admitted; empty: not known.
        package var commit: String

        package init(replica: String, revision: String, version: String, port: Int, commit: String = "") {
            self.replica = replica
            self.revision = revision
            self.version = version
            self.port = port
            self.commit = commit
        }
    }
}

/// What the gateway answers on its status socket.
package struct GatewayStatus: Hashable, Sendable, Codable {
    /// The generation of the table in force.
    package var generation: UInt64
    package var pid: Int32
    /// Where it listens, as in `127.0.0.1:8080`.
    package var address: String
    package var build: String
    /// Why a newer table was refused, if one was.
    package var tableProblem: String?
    /// Requests in flight by replica, also of replicas that are out of rotation, when not zero.
    package var outstanding: [String: Int]
    /// Replicas in rotation by `environment/deployment`.
    package var rotation: [String: [String]]
    /// Names this very rotation on the wire, so that it need not be sent again to who has it; nil: it always is.
    package var rotationMark: String?
    /// The newest format of route tables that it reads; nil: a build that tells nothing of it and reads format 1.
    package var tableFormat: Int?

    package init(
        generation: UInt64, pid: Int32, address: String, build: String, tableProblem: String? = nil,
        outstanding: [String: Int] = [:], rotation: [String: [String]] = [:], rotationMark: String? = nil,
        tableFormat: Int? = nil
    ) {
        self.generation = generation
        self.pid = pid
        self.address = address
        self.build = build
        self.tableProblem = tableProblem
        self.outstanding = outstanding
        self.rotation = rotation
        self.rotationMark = rotationMark
        self.tableFormat = tableFormat
    }
}

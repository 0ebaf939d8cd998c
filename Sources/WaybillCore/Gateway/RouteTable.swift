/// What the gateway routes, whole: a file that the controller replaces atomically and the gateway watches.
package struct RouteTable: Hashable, Sendable, Codable {
    package static let currentFormat = 1

    package var format: Int
    /// Grows by one with each table that is published.
    package var generation: UInt64
    package var routes: [Route]

    package init(generation: UInt64, routes: [Route]) {
        format = Self.currentFormat
        self.generation = generation
        self.routes = routes
    }

    /// One deployment's rotation.
    package struct Route: Hashable, Sendable, Codable {
        package var environment: String
        package var deployment: String
        /// `oip-v2`, `openai` or `http`.
        package var servingProtocol: String
        /// Path prefixes passed on for `http`.
        package var paths: [String]
        /// Versions in rotation, for `/versions/{v}`.
        package var versions: [String]
        package var backends: [Backend]
        /// The name of the model, for stamps.
        package var model: String
        /// Shares of the traffic by revision, in whole percent, summing to 100 over revisions that have a backend here.
        /// Empty: all backends are one pool.
        package var splits: [Split]
        /// A header by which a tester chooses a revision (its short form or its version); nil: nobody may.
        package var chooser: String?

        package struct Split: Hashable, Sendable, Codable {
            package var revision: String
            package var weight: Int

            package init(revision: String, weight: Int) {
                self.revision = revision
                self.weight = weight
            }
        }

        package init(
            environment: String, deployment: String, servingProtocol: String, paths: [String], versions: [String],
            backends: [Backend], model: String = "", splits: [Split] = [], chooser: String? = nil
        ) {
            self.model = model
            self.splits = splits
            self.chooser = chooser
            self.environment = environment
            self.deployment = deployment
            self.servingProtocol = servingProtocol
            self.paths = paths
            self.versions = versions
            self.backends = backends
        }
    }

    /// One ready replica on loopback.
    package struct Backend: Hashable, Sendable, Codable {
        package var replica: String
        package var revision: String
        package var version: String
        package var port: Int
        /// The commit at which this revision was admitted; empty: not known.
        package var commit: String

        package init(replica: String, revision: String, version: String, port: Int, commit: String = "") {
            self.commit = commit
            self.replica = replica
            self.revision = revision
            self.version = version
            self.port = port
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

    package init(
        generation: UInt64, pid: Int32, address: String, build: String, tableProblem: String? = nil,
        outstanding: [String: Int] = [:], rotation: [String: [String]] = [:], rotationMark: String? = nil
    ) {
        self.generation = generation
        self.pid = pid
        self.address = address
        self.build = build
        self.tableProblem = tableProblem
        self.outstanding = outstanding
        self.rotation = rotation
        self.rotationMark = rotationMark
    }
}

/// How to run a model of some formats: a program, its files, environment, ports and probes. Runtimes are manifests, not code.
package struct ServingRuntime: Hashable, Sendable {
    package var formats: [String]
    package var protocolName: ServingProtocol
    /// Path prefixes that the gateway passes for `http`; the other protocols have theirs.
    package var paths: [String]
    package var environment: PythonEnvironment?
    /// Program and arguments, each a template; no shell reads them.
    package var command: [String]
    package var files: [RenderedFile]
    package var env: [EnvironmentVariable]
    /// Names of the ports that a replica needs; the first is the one that is served.
    package var ports: [String]
    package var probes: Probes
    package var isolation: Isolation
    /// From the polite signal to the last one.
    package var stopGrace: Duration

    package init(
        formats: [String], protocolName: ServingProtocol, paths: [String] = [], environment: PythonEnvironment? = nil,
        command: [String], files: [RenderedFile] = [], env: [EnvironmentVariable] = [], ports: [String] = ["http"],
        probes: Probes, isolation: Isolation = .sandbox, stopGrace: Duration = .seconds(10)
    ) {
        self.formats = formats
        self.protocolName = protocolName
        self.paths = paths
        self.environment = environment
        self.command = command
        self.files = files
        self.env = env
        self.ports = ports
        self.probes = probes
        self.isolation = isolation
        self.stopGrace = stopGrace
    }
}

package enum ServingProtocol: String, CaseIterable, Hashable, Sendable {
    /// Open Inference Protocol V2: `/v2/models/{deployment}/…` and `/v2/health/…`.
    case oipV2 = "oip-v2"
    /// `/v1/…` as OpenAI's API has it.
    case openai
    /// The runtime's own paths, listed in `paths`.
    case http
}

/// A Python environment: made once for each digest of its lock and interpreter, then shared.
package struct PythonEnvironment: Hashable, Sendable {
    /// `major.minor`, as in `3.11`.
    package var python: String
    /// Path of the requirements lock in the fleet repository.
    package var lock: String

    package init(python: String, lock: String) {
        self.python = python
        self.lock = lock
    }
}

package struct RenderedFile: Hashable, Sendable {
    /// Relative to the replica's work folder.
    package var path: String
    /// A template.
    package var content: String

    package init(path: String, content: String) {
        self.path = path
        self.content = content
    }
}

package struct EnvironmentVariable: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        /// A template.
        case value(String)
        /// An absolute path; read when a replica starts, its content never part of a revision, a log or an event.
        case file(String)
    }

    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }
}

package struct Probes: Hashable, Sendable {
    /// Must pass once before the others count; its failures up to the limit end the replica.
    package var startup: Probe
    package var readiness: Probe
    package var liveness: Probe?

    package init(startup: Probe, readiness: Probe, liveness: Probe? = nil) {
        self.startup = startup
        self.readiness = readiness
        self.liveness = liveness
    }
}

package struct Probe: Hashable, Sendable {
    package enum Check: Hashable, Sendable {
        /// A GET of this path (a template) on the served port answers 2xx.
        case http(path: String)
        /// The served port accepts a connection.
        case tcp
    }

    package var check: Check
    package var period: Duration
    package var timeout: Duration
    /// Failures in a row that decide.
    package var failures: Int

    package init(
        check: Check, period: Duration = .seconds(1), timeout: Duration = .seconds(2), failures: Int = 3
    ) {
        self.check = check
        self.period = period
        self.timeout = timeout
        self.failures = failures
    }
}

package enum Isolation: String, CaseIterable, Hashable, Sendable {
    /// Another user when the controller is root, a user and mount namespace of its own otherwise.
    case sandbox
    /// The controller's own user; shown in plan, `doctor` and ledger.
    case none
}

package import WaybillCore

/// All that `describe` shows of one deployment.
package struct DeploymentDetail: Hashable, Sendable, Codable {
    package var deployment: DeploymentView
    package var replicas: [ReplicaView]
    /// What is to be done next, if anything.
    package var plan: KeyPlanView?
    /// What is wrong with its files at the commit that is held.
    package var problems: [DiagnosticView]
    /// Where git defines it: `file:line:column`.
    package var location: String?
    /// `oip-v2`, `openai` or `http`.
    package var servingProtocol: String?
    /// Paths that the gateway passes on for `http`.
    package var paths: [String]
    package var inputs: [TensorView]
    package var outputs: [TensorView]
    package var memoryBytes: Int64?
    package var cpuMillis: Int64?
    package var devices: [Int]
    package var isolation: String?
    /// Digest of the version's bundle, once it is packaged.
    package var bundle: String?
    /// What looking into the version's files found; empty when they were put in place by a build that did not look.
    package var inspection: [InspectedFileView]
    /// Last lines of the log of the replica that failed last, oldest first; empty when none failed.
    package var lastLines: [String]
    /// Newest first.
    package var events: [EventView]

    package init(
        deployment: DeploymentView, replicas: [ReplicaView], plan: KeyPlanView?, problems: [Diagnostic] = [],
        location: SourceLocation?, spec: RevisionSpec?, bundle: Digest? = nil,
        inspection: [InspectedFileView] = [], inputs: [Tensor] = [], outputs: [Tensor] = [],
        lastLines: [String] = [], events: [EventView] = []
    ) {
        self.deployment = deployment
        self.replicas = replicas
        self.plan = plan
        self.problems = problems.map(DiagnosticView.init)
        self.location = location?.description
        servingProtocol = spec?.protocolName.rawValue
        paths = spec?.paths ?? []
        self.inputs = inputs.map(TensorView.init)
        self.outputs = outputs.map(TensorView.init)
        memoryBytes = spec?.resources.memory
        cpuMillis = spec?.resources.cpuMillis
        devices = spec?.resources.devices ?? []
        isolation = spec?.isolation.rawValue
        self.bundle = bundle?.description
        self.inspection = inspection
        self.lastLines = lastLines
        self.events = events
    }
}

/// A tensor of a model's interface; -1 in `shape` is a variable dimension.
package struct TensorView: Hashable, Sendable, Codable {
    package var name: String
    package var datatype: String
    package var shape: [Int64]

    package init(_ tensor: Tensor) {
        name = tensor.name
        datatype = tensor.datatype.rawValue
        shape = tensor.shape
    }
}

/// A problem of one place in the fleet repository.
package struct DiagnosticView: Hashable, Sendable, Codable {
    /// `file:line:column`.
    package var location: String
    package var severity: String
    package var rule: String
    package var message: String
    package var hint: String?
    /// The offending line.
    package var line: String?

    package init(_ diagnostic: Diagnostic) {
        location = diagnostic.location.description
        severity = diagnostic.severity.rawValue
        rule = diagnostic.rule
        message = diagnostic.message
        hint = diagnostic.hint
        line = diagnostic.line.isEmpty ? nil : diagnostic.line
    }
}

extension ServingRuntime {
    init(_ spec: SpecReader) throws(InvalidInput) {
        let spoken: ServingProtocol = try spec.choice("protocol")
        let environment = spec.object("environment")
        self.init(
            formats: spec.texts("formats"), protocolName: spoken, paths: spec.texts("paths"),
            environment: spec.has("environment")
                ? PythonEnvironment(python: try environment.required("python"), lock: try environment.required("lock"))
                : nil,
            command: spec.texts("command"),
            files: try spec.items("files") { (item) throws(InvalidInput) in
                RenderedFile(path: try item.required("path"), content: try item.required("content"))
            },
            env: try spec.items("env") { (item) throws(InvalidInput) in try EnvironmentVariable(item) },
            ports: spec.texts("ports"), probes: try Probes(spec.object("probes"), for: spoken),
            isolation: try spec.choice("isolation"), stopGrace: try spec.duration("stopGrace"))
    }
}

extension Probes {
    /// What is not written is filled in: `KindSchema` says how.
    init(_ spec: SpecReader, for spoken: ServingProtocol) throws(InvalidInput) {
        let usual: Probe.Check = spoken == .oipV2 ? .http(path: "/v2/health/ready") : .tcp
        let readiness = try Probe(spec.object("readiness"), otherwise: usual)
        self.init(
            startup: try Probe(spec.object("startup"), otherwise: readiness.check), readiness: readiness,
            liveness: spec.has("liveness") ? try Probe(spec.object("liveness"), otherwise: .tcp) : nil)
    }
}

extension Probe {
    init(_ spec: SpecReader, otherwise usual: Check) throws(InvalidInput) {
        let check: Check =
            if let path = spec.text("http") {
                .http(path: path)
            } else {
                spec.has("tcp") ? .tcp : usual
            }
        self.init(
            check: check, period: try spec.duration("period"), timeout: try spec.duration("timeout"),
            failures: Int(spec.integer("failures") ?? 3))
    }
}

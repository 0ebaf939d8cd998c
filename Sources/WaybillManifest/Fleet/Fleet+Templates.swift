import WaybillCore

// Templates, judged before anything runs: a replica would not start with one that is wrong.
extension Fleet {
    /// A template in its place in `spec`.
    private struct Written {
        var field: [FieldStep]
        var text: String
    }

    /// What a runtime's templates ask for and no replica would have.
    func templateProblems(_ resource: Resource, _ runtime: ServingRuntime) -> [ReferenceProblem] {
        Self.problems(Self.templates(runtime), of: resource, with: runtime)
    }

    /// The same of a deployment's variables, and of a file that its version cannot give.
    func templateProblems(_ resource: Resource, _ deployment: ModelDeployment) -> [ReferenceProblem] {
        guard case .servingRuntime(let runtime)? = resources[.servingRuntime(deployment.runtime)]?.spec else {
            return []
        }
        let own = Self.templates(deployment.env)
        var found = Self.problems(own, of: resource, with: runtime)
        guard case .modelVersion(let version)? = resources[.modelVersion(deployment.version)]?.spec,
            version.artifacts.count != 1,
            (own + Self.templates(runtime)).contains(where: { Self.names(in: $0.text).contains(Self.oneFile) })
        else { return found }
        found.append(
            ReferenceProblem(
                resource: resource, field: [.member("spec"), .member("runtime")], rule: .invalidValue,
                message: "runtime \(deployment.runtime) wants '\(Self.oneFile)', but \(deployment.version) has "
                    + "\(version.artifacts.count) files",
                hint: "use '{{ model.dir }}' and a path in it"))
        return found
    }

    /// Is there only for a version with one file.
    private static let oneFile = "model.file"

    private static func problems(
        _ templates: [Written], of resource: Resource, with runtime: ServingRuntime
    ) -> [ReferenceProblem] {
        if templates.isEmpty { return [] }
        let known = TemplateVariable.known(ports: runtime.ports, hasEnvironment: runtime.environment != nil).map(\.name)
        return templates.compactMap { template in
            do throws(InvalidInput) {
                try Template(parsing: template.text).check(against: known)
                return nil
            } catch {
                // The part after the semicolon is what to do.
                let parts = error.message.split(separator: "; ", maxSplits: 1).map(String.init)
                return ReferenceProblem(
                    resource: resource, field: [.member("spec")] + template.field, rule: .invalidValue,
                    message: parts.first ?? error.message, hint: parts.count > 1 ? parts[1] : nil)
            }
        }
    }

    private static func names(in text: String) -> [String] { (try? Template(parsing: text))?.names ?? [] }

    private static func templates(_ env: [EnvironmentVariable]) -> [Written] {
        env.enumerated().compactMap { index, variable in
            guard case .value(let text) = variable.source, text.utf8.contains(UInt8(ascii: "{")) else { return nil }
            return Written(field: [.member("env"), .index(index), .member("value")], text: text)
        }
    }

    private static func templates(_ runtime: ServingRuntime) -> [Written] {
        var found = runtime.command.enumerated().map { Written(field: [.member("command"), .index($0)], text: $1) }
        found += runtime.files.enumerated().map {
            Written(field: [.member("files"), .index($0), .member("content")], text: $1.content)
        }
        found += templates(runtime.env)
        let probes = [
            ("startup", runtime.probes.startup), ("readiness", runtime.probes.readiness),
            ("liveness", runtime.probes.liveness),
        ]
        for case (let name, let probe?) in probes {
            guard case .http(let path) = probe.check else { continue }
            found.append(Written(field: [.member("probes"), .member(name), .member("http")], text: path))
        }
        return found
    }
}

import WaybillCore
import WaybillServing

/// The templates of a fleet's runtimes, judged before anything runs: a replica would not start with one that is wrong.
enum RuntimeTemplates {
    /// A template that cannot be filled in.
    struct Problem: Hashable {
        var resource: ResourceID
        var field: [FieldStep]
        var message: String
        var hint: String?
    }

    /// Problems of every runtime, and of deployments that ask a runtime for a variable that their version cannot give.
    static func problems(_ state: DesiredState) -> [Problem] {
        var problems: [Problem] = []
        var users: Set<Name> = []
        for (id, resource) in state.resources.sorted(by: { $0.key < $1.key }) {
            guard case .servingRuntime(let runtime) = resource.spec, case .servingRuntime(let name) = id else {
                continue
            }
            problems += check(runtime, id)
            if templates(runtime).contains(where: { names(in: $0.text).contains(oneFile) }) { users.insert(name) }
        }
        for (key, deployment) in state.deployments.sorted(by: { $0.key < $1.key }) {
            let count = deployment.spec.artifacts.count
            guard users.contains(deployment.spec.runtime), count != 1 else { continue }
            problems.append(
                Problem(
                    resource: .modelDeployment(key), field: [.member("spec"), .member("runtime")],
                    message:
                        "runtime \(deployment.spec.runtime) wants '\(oneFile)', but \(deployment.spec.version) has "
                        + "\(count) files",
                    hint: "use '{{ model.dir }}' and a path in it"))
        }
        return problems
    }

    /// Is there only for a version with one file.
    private static let oneFile = "model.file"

    private static func check(_ runtime: ServingRuntime, _ id: ResourceID) -> [Problem] {
        let known = TemplateVariable.known(ports: runtime.ports, hasEnvironment: runtime.environment != nil).map(\.name)
        return templates(runtime).compactMap { field, text in
            do throws(InvalidInput) {
                try Template(parsing: text).check(against: known)
                return nil
            } catch {
                // The part after the semicolon is what to do.
                let parts = error.message.split(separator: "; ", maxSplits: 1).map(String.init)
                return Problem(
                    resource: id, field: [.member("spec")] + field, message: parts.first ?? error.message,
                    hint: parts.count > 1 ? parts[1] : nil)
            }
        }
    }

    private static func names(in text: String) -> [String] { (try? Template(parsing: text))?.names ?? [] }

    private static func templates(_ runtime: ServingRuntime) -> [(field: [FieldStep], text: String)] {
        var found: [(field: [FieldStep], text: String)] = []
        for (index, text) in runtime.command.enumerated() { found.append(([.member("command"), .index(index)], text)) }
        for (index, file) in runtime.files.enumerated() {
            found.append(([.member("files"), .index(index), .member("content")], file.content))
        }
        for (index, variable) in runtime.env.enumerated() {
            guard case .value(let text) = variable.source else { continue }
            found.append(([.member("env"), .index(index), .member("value")], text))
        }
        let probes = [
            ("startup", runtime.probes.startup), ("readiness", runtime.probes.readiness),
            ("liveness", runtime.probes.liveness),
        ]
        for case (let name, let probe?) in probes {
            guard case .http(let path) = probe.check else { continue }
            found.append(([.member("probes"), .member(name), .member("http")], path))
        }
        return found
    }
}

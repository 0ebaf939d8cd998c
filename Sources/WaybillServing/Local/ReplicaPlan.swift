import WaybillCore

/// All that a replica is started with, worked out before anything is written.
struct ReplicaPlan {
    let id: ReplicaID
    let spec: RevisionSpec
    let folder: String
    let model: String
    let environment: String?
    let ports: [Int]
    let way: SandboxWay

    var work: String { "\(folder)/work" }

    /// The values of template variables; the names are those of `TemplateVariable.known`.
    private var values: [String: String] {
        var values = [
            "deployment.name": spec.key.name.text, "deployment.environment": spec.key.environment.text,
            "model.name": spec.version.model.text, "model.version": spec.version.version.description,
            "model.dir": model, "replica.id": id.description, "work.dir": work,
        ]
        if spec.artifacts.count == 1, let only = spec.artifacts.first { values["model.file"] = "\(model)/\(only.path)" }
        if let environment { values["environment.dir"] = environment }
        for (name, number) in zip(spec.ports, ports) { values["ports.\(name)"] = String(number) }
        return values
    }

    func rendered(_ text: String, of place: String) throws(Failure) -> String {
        do throws(InvalidInput) {
            let result = try Template(parsing: text).rendered(with: values)
            guard !result.utf8.contains(0) else { throw InvalidInput("a zero byte cannot be passed to a program") }
            return result
        } catch {
            throw Failure(
                .stall, reason: "TemplateInvalid", message: "\(place) of runtime \(spec.runtime): \(error.message)")
        }
    }

    func command() throws(Failure) -> [String] {
        var command: [String] = []
        for (index, text) in spec.command.enumerated() { command.append(try rendered(text, of: "command[\(index)]")) }
        return command
    }

    func files() throws(Failure) -> [RenderedFile] {
        var files: [RenderedFile] = []
        for file in spec.files {
            let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(where: { ["", ".", ".."].contains($0) }), !file.path.utf8.contains(0) else {
                throw Failure(
                    .stall, reason: "TemplateInvalid",
                    message: "file \(file.path.quotedForMessage) of runtime \(spec.runtime) is not a path inside the "
                        + "work folder; use a relative path without '..'")
            }
            files.append(RenderedFile(path: file.path, content: try rendered(file.content, of: "file \(file.path)")))
        }
        return files
    }

    func probes() throws(Failure) -> Probes {
        func probe(_ probe: Probe, _ name: String) throws(Failure) -> Probe {
            guard case .http(let path) = probe.check else { return probe }
            var rendered = probe
            rendered.check = .http(path: try self.rendered(path, of: "path of the \(name) probe"))
            return rendered
        }
        var probes = Probes(
            startup: try probe(spec.probes.startup, "startup"),
            readiness: try probe(spec.probes.readiness, "readiness"))
        if let liveness = spec.probes.liveness { probes.liveness = try probe(liveness, "liveness") }
        return probes
    }

    /// Variables that may be written down, ours first; those of the spec win. Nothing of the controller's own
    /// environment is passed on.
    func variables(mark: String) throws(Failure) -> [String] {
        let path = (environment.map { "\($0)/bin:" } ?? "") + "/usr/local/bin:/usr/bin:/bin"
        var values = [
            "PATH": path, "HOME": work, "TMPDIR": "\(work)/tmp", "LANG": "C.UTF-8", "CUDA_VISIBLE_DEVICES": "",
            "WAYBILL_REPLICA": id.description,
        ]
        for variable in spec.env {
            switch variable.source {
            case .value(let text): values[variable.name] = try rendered(text, of: "env \(variable.name)")
            case .file: values[variable.name] = nil
            }
        }
        if !spec.resources.devices.isEmpty {
            values["CUDA_VISIBLE_DEVICES"] = spec.resources.devices.map(String.init).joined(separator: ",")
        }
        values["WAYBILL_MARK"] = mark
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    var record: ReplicaRecord {
        get throws(Failure) {
            var user: UInt32?
            if case .user(let number) = way { user = number }
            return ReplicaRecord(
                id: id, revision: spec.revision, version: spec.version,
                ports: zip(spec.ports, ports).map { ReplicaRecord.NamedPort(name: $0, number: $1) },
                probes: try probes(), isolation: way.word, user: user,
                grace: spec.stopGrace)
        }
    }
}

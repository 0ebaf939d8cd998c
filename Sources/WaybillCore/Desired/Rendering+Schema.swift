extension Field {
    /// False for a field that cannot be in the part of `impact`, whatever it holds.
    fileprivate func mayHave(_ impact: Impact) -> Bool {
        if case .object = type { return true }
        return self.impact == impact
    }
}

extension Rendering {
    /// The members of `value` whose fields have `impact`, defaults and absent ones left out; nil when none is left.
    ///
    /// Only the schema decides what is in a rendering: a field that a later version of Waybill adds, with a default, changes
    /// no rendering of a manifest that does not write it.
    package static func part(_ value: Value?, of fields: [Field], _ impact: Impact) -> Value? {
        guard let members = value?.object else { return nil }
        var kept: Members = [:]
        kept.reserveCapacity(members.count)
        for field in fields where field.mayHave(impact) {
            guard let member = members[field.name], member != field.defaultValue else { continue }
            kept[field.name] = part(member, of: field, impact)
        }
        return kept.isEmpty ? nil : .object(kept)
    }

    private static func part(_ value: Value, of field: Field, _ impact: Impact) -> Value? {
        switch field.type {
        case .object(let fields): return part(value, of: fields, impact)
        case .list(.object(let fields), _, _):
            guard field.impact == impact, let items = value.list else { return nil }
            return .list(items.map { part($0, of: fields, impact) ?? .object([:]) })
        case .string, .choice, .integer, .number, .onlyTrue, .list, .map:
            return field.impact == impact ? value : nil
        }
    }

    /// The rendering of a deployment of `version` by `runtime`, whose lock has `lockDigest`.
    package static func of(
        _ deployment: ModelDeployment, version: ModelVersion, runtimePart: RuntimePart
    ) -> Rendering {
        let (fields, value) = (KindSchema.modelDeployment.spec, deployment.value)
        var settings = part(value, of: fields, .restart)?.object ?? [:]
        settings["name"] = .string(deployment.key.name.text)
        let artifacts = part(version.value, of: KindSchema.modelVersion.spec, .restart)
        var live: Members = [:]
        if let own = part(value, of: fields, .live) { live["deployment"] = own }
        if let its = runtimePart.live { live["runtime"] = its }
        return Rendering(
            restart: .object([
                "deployment": .object(settings), "runtime": runtimePart.restart, "version": artifacts ?? .object([:]),
            ]),
            live: .object(live))
    }

    /// What a runtime contributes to the renderings of all its deployments.
    package struct RuntimePart: Hashable, Sendable {
        let restart: Value
        let live: Value?
        /// The JSON of `restart`, written once for all of them.
        let restartJSON: [UInt8]

        package init(_ runtime: ServingRuntime, lockDigest: Digest?) {
            let (fields, value) = (KindSchema.servingRuntime.spec, runtime.value)
            var members = part(value, of: fields, .restart)?.object ?? [:]
            if let lockDigest {
                var environment = members["environment"]?.object ?? [:]
                environment["lockDigest"] = .string(lockDigest.description)
                members["environment"] = .object(environment)
            }
            restart = .object(members)
            restartJSON = restart.jsonBytes
            live = part(value, of: fields, .live)
        }
    }

    /// `revision`, with the runtime's JSON taken from `runtimePart`, of which this rendering was made.
    func revision(using runtimePart: RuntimePart) -> Revision {
        var writer = JSONWriter(capacity: 1024 + runtimePart.restartJSON.count)
        writer.write(raw: "\(Self.version)\n{\"deployment\":")
        writer.write(restart["deployment"] ?? .null)
        writer.write(raw: ",\"runtime\":")
        writer.write(raw: runtimePart.restartJSON)
        writer.write(raw: ",\"version\":")
        writer.write(restart["version"] ?? .null)
        writer.write(raw: "}\n")
        return Revision(Digest(of: writer.bytes))
    }
}

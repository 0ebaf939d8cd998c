extension Resource {
    /// The fields of `spec` as the schema names them, defaults filled in, quantities in their shortest form. Decoding it
    /// gives the same spec again.
    package var specValue: Value {
        switch spec {
        case .model(let model): model.value
        case .modelVersion(let version): version.value
        case .servingRuntime(let runtime): runtime.value
        case .environment(let environment): environment.value
        case .checklist(let checklist): checklist.value
        case .modelDeployment(let deployment): deployment.value
        }
    }
}

/// An object of the members that are there.
func object(_ members: KeyValuePairs<String, Value?>) -> Value {
    var present: Members = [:]
    present.reserveCapacity(members.count)
    for (name, value) in members {
        if let value { present[name] = value }
    }
    return .object(present)
}

/// Nil for an empty list: the same as an absent one.
func list(_ items: [Value]) -> Value? { items.isEmpty ? nil : .list(items) }

extension Model {
    package var value: Value {
        object([
            "owner": .string(owner), "description": description.map { .string($0) },
            "intendedUse": intendedUse.map { .string($0) }, "license": license.map { .string($0) },
            "riskTier": riskTier.map { .string($0.rawValue) }, "task": task.map { .string($0) },
            "lifecycle": list(
                lifecycle.map { entry in
                    object([
                        "version": .string(entry.version.description), "state": .string(entry.state.rawValue),
                        "reason": entry.reason.map { .string($0) },
                    ])
                }),
        ])
    }
}

extension Environment {
    package var value: Value {
        object([
            "target": .string(target.rawValue), "description": description.map { .string($0) },
            "approvals": approvals?.value, "checklist": checklist.map { .string($0.text) },
            "latencyTests": latencyTests == .denied ? nil : .string(latencyTests.rawValue),
            "promotion": promotion?.value, "freezes": list(freezes.map(\.value)),
            "override": overriders == 1 ? nil : ["people": .integer(Int64(overriders))],
        ])
    }
}

extension ModelVersion {
    package var value: Value {
        let interface = object(["inputs": list(inputs.map(\.value)), "outputs": list(outputs.map(\.value))])
        return object([
            "model": .string(id.model.text), "version": .string(id.version.description), "format": .string(format),
            "artifacts": .list(artifacts.map(\.value)),
            "interface": inputs.isEmpty && outputs.isEmpty ? nil : interface,
            "code": code?.value, "data": list(data.map(\.value)),
            "environment": environment.map { object(["python": .string($0.python), "lock": .string($0.lock)]) },
            "card": card.map { .string($0) }, "license": license.map { .string($0) },
            "metrics": metrics.isEmpty ? nil : .object(Members(metrics.mapValues(Value.init(measured:)))),
        ])
    }
}

extension CodeSource {
    var value: Value {
        object([
            "repository": .string(repository), "commit": .string(commit.hex), "path": path.map { .string($0) },
        ])
    }
}

extension Dataset {
    package var value: Value {
        object([
            "name": .string(name.text), "uri": uri.map { .string($0) }, "digest": .string(digest.description),
        ])
    }
}

extension Artifact {
    var value: Value {
        object([
            "path": .string(path), "source": .string(source.description), "digest": .string(digest.description),
            "size": .integer(size),
        ])
    }
}

extension Tensor {
    var value: Value {
        object([
            "name": .string(name), "datatype": .string(datatype.rawValue), "shape": .list(shape.map { .integer($0) }),
        ])
    }
}

extension ModelDeployment {
    package var value: Value {
        object([
            "environment": .string(key.environment.text), "model": .string(version.model.text),
            "version": .string(version.version.description), "runtime": .string(runtime.text),
            "replicas": .integer(Int64(replicas)), "resources": resources.value, "env": list(env.map(\.value)),
            "rollout": rollout.value, "recording": recording.value,
        ])
    }
}

extension RecordingPolicy {
    /// As a manifest writes it.
    var value: Value {
        object([
            "mode": .string(mode.rawValue), "sample": .integer(Int64(sample)), "request": .string(request.rawValue),
            "answer": .string(answer.rawValue), "redact": list(redact.map { .string($0) }),
            "features": list(features.map { .string($0) }), "retentionDays": .integer(Int64(retentionDays)),
            "maxBytes": maxBytes.map { .string(Quantity.memoryText($0)) },
        ])
    }
}

extension ModelDeployment.Rollout {
    /// As a manifest writes it.
    var value: Value {
        object([
            "strategy": .string(strategy.rawValue), "drain": .string(drain.manifestText),
            "steps": list(steps.compactMap(\.manifestValue)), "onFailure": .string(onFailure.rawValue),
            "keepOld": .string(keepOld.manifestText), "onInconclusive": .string(onInconclusive.rawValue),
        ])
    }
}

extension RolloutStep {
    /// Nil for what manifests do not write as a step.
    fileprivate var manifestValue: Value? {
        switch self {
        case .weight(let share): ["weight": .integer(Int64(share))]
        case .pause(let time): ["pause": ["for": .string(time.manifestText)]]
        case .pauseUntilResumed: ["pause": ["until": .string("resumed")]]
        case .analysis(let analysis): ["analysis": analysis.manifestValue]
        case .keepOld: nil
        }
    }
}

extension AnalysisStep {
    /// Without `within` where it is what its absence means.
    fileprivate var manifestValue: Value {
        object([
            "for": .string(time.manifestText), "minRequests": .integer(Int64(minRequests)),
            "within": within == time * Self.standardPatience ? nil : .string(within.manifestText),
            "metrics": .list(checks.map(\.value)),
        ])
    }
}

extension Resources {
    /// Nil without any limit.
    var value: Value? {
        guard self != Resources() else { return nil }
        return object([
            "memory": memory.map { .string(Quantity.memoryText($0)) },
            "cpu": cpuMillis.map { .string(Quantity.cpuText($0)) },
            "devices": list(devices.map { .integer(Int64($0)) }),
        ])
    }
}

extension EnvironmentVariable {
    var value: Value {
        switch source {
        case .value(let text): object(["name": .string(name), "value": .string(text)])
        case .file(let path): object(["name": .string(name), "valueFrom": object(["file": .string(path)])])
        }
    }
}

extension ServingRuntime {
    package var value: Value {
        object([
            "formats": .list(formats.map { .string($0) }), "protocol": .string(protocolName.rawValue),
            "paths": list(paths.map { .string($0) }),
            "environment": environment.map { object(["python": .string($0.python), "lock": .string($0.lock)]) },
            "command": .list(command.map { .string($0) }),
            "files": list(files.map { object(["path": .string($0.path), "content": .string($0.content)]) }),
            "env": list(env.map(\.value)), "ports": .list(ports.map { .string($0) }), "probes": probes.value,
            "isolation": .string(isolation.rawValue), "stopGrace": .string(stopGrace.manifestText),
        ])
    }
}

extension Probes {
    var value: Value {
        object(["startup": startup.value, "readiness": readiness.value, "liveness": liveness?.value])
    }
}

extension Probe {
    var value: Value {
        let path: Value? = if case .http(let path) = check { .string(path) } else { nil }
        return object([
            "http": path, "tcp": path == nil ? .bool(true) : nil, "period": .string(period.manifestText),
            "timeout": .string(timeout.manifestText), "failures": .integer(Int64(failures)),
        ])
    }
}

extension Value {
    /// Whole numbers are written without a point.
    init(measured number: Double) { self = Int64(exactly: number).map { .integer($0) } ?? .number(number) }
}

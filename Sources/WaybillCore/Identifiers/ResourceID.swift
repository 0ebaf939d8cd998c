/// The kinds of resource that a fleet repository may hold.
package enum Kind: String, CaseIterable, Hashable, Sendable {
    case model = "Model"
    case modelVersion = "ModelVersion"
    case servingRuntime = "ServingRuntime"
    case environment = "Environment"
    case checklist = "Checklist"
    case modelDeployment = "ModelDeployment"
}

/// Which resource: kind and identity, written `ModelVersion churn@1.4.0` or `ModelDeployment production/churn`.
package enum ResourceID: Hashable, Sendable, Comparable, CustomStringConvertible {
    case model(Name)
    case modelVersion(VersionID)
    case servingRuntime(Name)
    case environment(Name)
    case checklist(Name)
    case modelDeployment(DeploymentKey)

    package var kind: Kind {
        switch self {
        case .model: .model
        case .modelVersion: .modelVersion
        case .servingRuntime: .servingRuntime
        case .environment: .environment
        case .checklist: .checklist
        case .modelDeployment: .modelDeployment
        }
    }

    /// The identity without the kind: `churn`, `churn@1.4.0` or `production/churn`.
    package var name: String {
        switch self {
        case .model(let name), .servingRuntime(let name), .environment(let name), .checklist(let name): name.text
        case .modelVersion(let id): id.description
        case .modelDeployment(let key): key.description
        }
    }

    package static func < (left: ResourceID, right: ResourceID) -> Bool { left.description < right.description }
    package var description: String { "\(kind.rawValue) \(name)" }
}

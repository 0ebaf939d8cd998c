extension Action: CustomStringConvertible {
    /// The name and what it is about, as in `start-replica production.churn.3f2a9c01d4e5.7`.
    package var description: String {
        switch self {
        case .prepare(let revision), .validate(let revision): "\(name) \(revision.short)"
        case .startReplica(let id, _), .stopReplica(let id), .forgetReplica(let id): "\(name) \(id)"
        case .setRoute(let ids, let shares):
            ids.isEmpty
                ? "\(name) to nothing"
                : "\(name) \((ids.map(\.description) + shares.map(\.description)).joined(separator: " "))"
        }
    }
}

extension FieldChange {
    /// For events and scripts.
    package var value: Value {
        var members: Members = ["path": .string(path), "restarts": .bool(restarts)]
        if let before { members["before"] = .string(before) }
        if let after { members["after"] = .string(after) }
        return .object(members)
    }
}

extension PlannedAction {
    /// For events and scripts: `{"action": "start-replica production.churn.3f2a9c01d4e5.7", "reason": …}`.
    package var value: Value {
        var members: Members = ["action": .string(action.description), "reason": .string(reason)]
        if let waitsFor { members["waitsFor"] = .string(waitsFor) }
        return .object(members)
    }
}

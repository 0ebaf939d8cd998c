import WaybillCore

extension KeyState {
    /// What is said of model files that were altered and that a preparation could not put right; nil when there are none.
    func alteredMessage(_ facts: KeyFacts) -> String? {
        guard let desired, desired.replicas > 0,
            case .altered(let path, let expected, let found)? = observation?.preparations[desired.revision]
        else { return nil }
        let failure = failures[.prepare(desired.revision)]?.failure
        guard failure != nil || facts.isAltered else { return nil }
        let why = failure.map { ": \($0.message)" } ?? " yet"
        return "\(path.quotedForMessage) of \(desired.spec.version) was altered: expected \(expected), found \(found). "
            + "It cannot be put right\(why). What serves is left as it is, and nothing is started on it; it is tried again "
            + "until its source is back"
    }

    /// True when `action` is to put altered files right: only its source can be missing, which may come back by itself.
    func putsRight(_ action: Action) -> Bool {
        guard case .prepare(let revision) = action, case .altered? = observation?.preparations[revision] else {
            return false
        }
        return true
    }
}

extension EngineCore {
    /// Writes down when altered files begin and end to hold a deployment.
    mutating func noteAltered(_ key: DeploymentKey) {
        guard let state = states[key] else { return }
        let known = facts.keys[key] ?? KeyFacts()
        let message = state.alteredMessage(known)
        if let message, !known.isAltered {
            note(makes(key).held(.artifactAltered, message: message, commit: state.commit))
        } else if message == nil, known.isAltered {
            note(makes(key).released(.artifactAltered, message: "the bytes are right again", commit: state.commit))
        }
    }
}

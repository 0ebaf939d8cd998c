import WaybillCore
import WaybillTrust

// Verbs that bypass a rule need a role, as soon as the access file in force gives it to anybody.
extension EngineCore {
    /// Why `command` is not for who gave it; nil when it is.
    func objection(to command: OperatorCommand) -> String? {
        let asked: (role: AccessRole, key: DeploymentKey?)
        switch command.verb {
        case .accept: asked = (.accept, nil)
        case .rollback(let key, _), .lift(let key), .abort(let key): asked = (.abort, key)
        case .pause, .resume, .retry, .restart, .advance: return nil
        }
        guard let access = board.access, access.isHeld(asked.role), case .unixUser(_, let account) = command.actor
        else {
            return nil
        }
        guard let person = access.person(ofUnixUser: account) else {
            return "'\(command.verb.name)' needs the role \(asked.role.rawValue), and the account "
                + "\(account.quotedForMessage) is nobody's in '\(AccessSchema.path)'; write it to its owner's 'unix' there"
        }
        let model = asked.key.flatMap { (states[$0]?.asked?.desired ?? states[$0]?.desired)?.spec.version.model }
        guard access.isGiven(asked.role, to: person, model: model, in: asked.key?.environment) else {
            return "\(person) has not the role \(asked.role.rawValue)\(asked.key.map { " for \($0)" } ?? ""), which "
                + "'\(command.verb.name)' needs"
        }
        return nil
    }
}

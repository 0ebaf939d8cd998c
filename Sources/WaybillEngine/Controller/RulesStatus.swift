package import WaybillCore
import WaybillTrust

/// Who may say what in the fleet, as far as it is in force.
package struct RulesStatus: Hashable, Sendable {
    /// Of the access file's bytes; nil: none is in force.
    package var access: Digest?
    /// Why the access file cannot be read.
    package var problem: String?
    /// Who approves changes of the rules themselves.
    package var governors: [Name] = []
    /// The rules that are governed, as the ledger has them; nil: nobody governs them.
    package var inForce: Digest?
    /// The commit that brought them.
    package var since: CommitID?

    package init() {}

    /// Nobody has said who may do what.
    package var isUngoverned: Bool { access == nil && problem == nil }

    /// One sentence, with what to do where something is missing.
    package var message: String {
        if let problem { return "the access file is broken, and what asks for people begins nothing: \(problem)" }
        guard let access else {
            return
                "ungoverned: no '\(AccessSchema.path)' is in force, so whoever may push may deploy, and may change every rule; "
                + "'waybill access init' writes one"
        }
        guard let inForce, let first = governors.first else {
            return
                "access file \(access.short); nobody has the role 'governor', so whoever may push may change the rules"
        }
        let brought = since.map { ", since commit \($0.short)" } ?? ""
        let names = governors.map(\.text).joined(separator: ", ")
        let alone =
            governors.count == 1 ? "; \(first) is the only one, and needs nobody else's word: name a second one" : ""
        return "rules \(inForce.short)\(brought), governed by \(names)\(alone)"
    }
}

extension FleetWatcher {
    /// Nil before a first commit was taken in: nothing is in force then.
    package var rulesStatus: RulesStatus? {
        guard approvals != nil, isStateGiven else { return nil }
        var status = RulesStatus()
        status.access = board.rules
        status.problem = board.accessProblem
        status.governors = board.access?.governors ?? []
        if let rules = memory.rules, rules.isGoverned { (status.inForce, status.since) = (rules.digest, rules.since) }
        return status
    }
}

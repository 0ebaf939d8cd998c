package import WaybillCore

extension Access {
    /// Whether `person` has `role`.
    ///
    /// - Parameters:
    ///   - model: nil when nobody knows which: then only who has it for every model.
    ///   - environment: nil: whichever.
    package func isGiven(
        _ role: AccessRole, as approves: Name? = nil, to person: Name, model: Name?, in environment: Name? = nil
    ) -> Bool {
        grants.contains { grant in
            grant.role == role && grant.approves == approves && grant.people.contains(person)
                && grant.models.contains { pattern in model.map(pattern.matches) ?? (pattern.text == "*") }
                && (environment.map { name in grant.environments?.contains { $0.matches(name) } ?? true } ?? true)
        }
    }

    /// Who has `role` and is no bot, in the order of their names.
    package func people(
        _ role: AccessRole, as approves: Name? = nil, model: Name?, in environment: Name? = nil
    ) -> [Name] {
        speakers.filter { isGiven(role, as: approves, to: $0, model: model, in: environment) }
    }

    /// Somebody has the role, for whatever.
    package func isHeld(_ role: AccessRole) -> Bool { grants.contains { $0.role == role && !$0.people.isEmpty } }

    /// Who may approve changes of the rules themselves.
    package var governors: [Name] { people(.governor, model: nil) }

    package func isBot(_ person: Name) -> Bool { bots.contains(person) }
}

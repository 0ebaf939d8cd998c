package import WaybillCore

/// Who may do what: people with their keys, groups, and roles by model. What nobody is given, nobody may.
package struct Access: Hashable, Sendable {
    package struct Key: Hashable, Sendable {
        package var key: SSHPublicKey
        package var validFrom: Timestamp?
        /// The first moment at which it no longer counts.
        package var validUntil: Timestamp?
        package var revoked: Timestamp?

        package init(
            key: SSHPublicKey, validFrom: Timestamp? = nil, validUntil: Timestamp? = nil, revoked: Timestamp? = nil
        ) {
            self.key = key
            self.validFrom = validFrom
            self.validUntil = validUntil
            self.revoked = revoked
        }
    }

    package struct Person: Hashable, Sendable {
        package var name: Name
        package var keys: [Key]
        /// A program. It never counts as a person who approves.
        package var isBot: Bool
        /// Accounts on the controller's machine.
        package var unix: [String]

        package init(name: Name, keys: [Key], isBot: Bool = false, unix: [String] = []) {
            self.unix = unix
            self.name = name
            self.keys = keys
            self.isBot = isBot
        }
    }

    package struct Grant: Hashable, Sendable {
        package var role: AccessRole
        /// The role in which an approver approves; nil for every other.
        package var approves: Name?
        package var models: [NamePattern]
        /// Nil: all.
        package var environments: [NamePattern]?
        package var people: Set<Name>

        package init(
            role: AccessRole, as approves: Name? = nil, models: [NamePattern], environments: [NamePattern]? = nil,
            people: Set<Name>
        ) {
            self.role = role
            self.approves = approves
            self.models = models
            self.environments = environments
            self.people = people
        }
    }

    package let people: [Person]
    /// With the members of their groups.
    package let grants: [Grant]
    /// People whose word never counts, and all others in the order of their names.
    let bots: Set<Name>
    let speakers: [Name]
    private let holders: [SSHPublicKey: (person: Name, key: Key)]

    package static func == (left: Access, right: Access) -> Bool {
        left.people == right.people && left.grants == right.grants
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(people)
        hasher.combine(grants)
    }

    package init(people: [Person], grants: [Grant]) {
        self.people = people
        self.grants = grants
        bots = Set(people.filter(\.isBot).map(\.name))
        speakers = people.filter { !$0.isBot }.map(\.name).sorted()
        holders = Dictionary(
            people.flatMap { person in person.keys.map { ($0.key, (person.name, $0)) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Every key that anybody has.
    package var keys: [SSHPublicKey] { people.flatMap { $0.keys.map(\.key) } }

    package func person(of key: SSHPublicKey) -> Name? { holders[key]?.person }

    /// Whose account on the controller's machine it is.
    package func person(ofUnixUser name: String) -> Name? { people.first { $0.unix.contains(name) }?.name }

    /// What somebody's key is worth.
    package enum Decision: Hashable, Sendable {
        case allowed(person: Name)
        case unknownKey
        case notYetValid(person: Name, from: Timestamp)
        case expired(person: Name, at: Timestamp)
        case revoked(person: Name, at: Timestamp)
        case missingRole(person: Name)

        package var isAllowed: Bool {
            if case .allowed = self { true } else { false }
        }

        package var person: Name? {
            switch self {
            case .allowed(let person), .missingRole(let person): person
            case .notYetValid(let person, _), .expired(let person, _), .revoked(let person, _): person
            case .unknownKey: nil
            }
        }
    }

    /// Whether `key` may act in `role` for `model`, by something that was first seen at `moment`.
    package func decide(
        _ key: SSHPublicKey, _ role: AccessRole, model: Name, seen moment: Timestamp
    ) -> Decision {
        let decision = decide(key, seen: moment)
        guard case .allowed(let person) = decision else { return decision }
        let isGiven = isGiven(role, to: person, model: model)
        return isGiven ? decision : .missingRole(person: person)
    }

    /// Whose `key` is, and whether it counts for anything that was first seen at `moment`.
    package func decide(_ key: SSHPublicKey, seen moment: Timestamp) -> Decision {
        guard let (person, key) = holders[key] else { return .unknownKey }
        if let revoked = key.revoked, moment >= revoked { return .revoked(person: person, at: revoked) }
        if let from = key.validFrom, moment < from { return .notYetValid(person: person, from: from) }
        if let until = key.validUntil, moment >= until { return .expired(person: person, at: until) }
        return .allowed(person: person)
    }

    /// Lines for `ssh-keygen -Y verify -f`: who may act in `role` for `model`. A revoked key is valid until it was revoked.
    package func allowedSigners(_ role: AccessRole, model: Name, namespace: String) -> [AllowedSigner] {
        people.flatMap { person -> [AllowedSigner] in
            isGiven(role, to: person.name, model: model) ? person.signers([namespace]) : []
        }
    }

    /// The same for everybody who has a key, whatever they may do. Bots are left out: their word is nobody's.
    package func allowedSigners(namespaces: [String]) -> [AllowedSigner] {
        people.filter { !$0.isBot }.flatMap { $0.signers(namespaces) }
    }
}

extension Access.Person {
    fileprivate func signers(_ namespaces: [String]) -> [AllowedSigner] {
        keys.map { key in
            let end = [key.validUntil, key.revoked].compactMap { $0 }.min()
            return AllowedSigner(
                principals: [name.text], namespaces: namespaces, validAfter: key.validFrom,
                validBefore: end.map { Timestamp(milliseconds: $0.milliseconds - 1000) }, key: key.key)
        }
    }
}

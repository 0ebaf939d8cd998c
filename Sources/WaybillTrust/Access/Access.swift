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

        package init(name: Name, keys: [Key]) {
            self.name = name
            self.keys = keys
        }
    }

    package struct Grant: Hashable, Sendable {
        package var role: AccessRole
        package var models: [NamePattern]
        package var people: Set<Name>

        package init(role: AccessRole, models: [NamePattern], people: Set<Name>) {
            self.role = role
            self.models = models
            self.people = people
        }
    }

    package let people: [Person]
    /// With the members of their groups.
    package let grants: [Grant]
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
        holders = Dictionary(
            people.flatMap { person in person.keys.map { ($0.key, (person.name, $0)) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// Every key that anybody has.
    package var keys: [SSHPublicKey] { people.flatMap { $0.keys.map(\.key) } }

    package func person(of key: SSHPublicKey) -> Name? { holders[key]?.person }

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
        guard let (person, key) = holders[key] else { return .unknownKey }
        if let revoked = key.revoked, moment >= revoked { return .revoked(person: person, at: revoked) }
        if let from = key.validFrom, moment < from { return .notYetValid(person: person, from: from) }
        if let until = key.validUntil, moment >= until { return .expired(person: person, at: until) }
        let mayAct = grants.contains { grant in
            grant.role == role && grant.people.contains(person) && grant.models.contains { $0.matches(model) }
        }
        return mayAct ? .allowed(person: person) : .missingRole(person: person)
    }

    /// Lines for `ssh-keygen -Y verify -f`: who may act in `role` for `model`. A revoked key is valid until it was revoked.
    package func allowedSigners(_ role: AccessRole, model: Name, namespace: String) -> [AllowedSigner] {
        people.flatMap { person -> [AllowedSigner] in
            let mayAct = grants.contains { grant in
                grant.role == role && grant.people.contains(person.name) && grant.models.contains { $0.matches(model) }
            }
            guard mayAct else { return [] }
            return person.keys.map { key in
                let end = [key.validUntil, key.revoked].compactMap { $0 }.min()
                return AllowedSigner(
                    principals: [person.name.text], namespaces: [namespace], validAfter: key.validFrom,
                    validBefore: end.map { Timestamp(milliseconds: $0.milliseconds - 1000) }, key: key.key)
            }
        }
    }
}

/// A name with `*` for any letters.
package struct NamePattern: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// - Throws: `InvalidInput` that says what a pattern may hold.
    package init(parsing text: String) throws(InvalidInput) {
        let isSound = text.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == Self.star
        }
        guard isSound, (1...63).contains(text.utf8.count) else {
            throw InvalidInput(
                "\(text.quotedForMessage) names no models; use 1 to 63 lowercase letters, digits, '-' and '*', as in 'risk-*'"
            )
        }
        self.text = text
    }

    private static let star = UInt8(ascii: "*")

    package var description: String { text }

    package func matches(_ name: Name) -> Bool {
        let (pattern, name) = (Array(text.utf8), Array(name.text.utf8))
        var (at, place) = (0, 0)
        var retry: (at: Int, place: Int)?
        while place < name.count {
            if at < pattern.count, pattern[at] == Self.star {
                retry = (at, place)
                at += 1
            } else if at < pattern.count, pattern[at] == name[place] {
                (at, place) = (at + 1, place + 1)
            } else if let last = retry {
                retry = (last.at, last.place + 1)
                (at, place) = (last.at + 1, last.place + 1)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == Self.star }
    }
}

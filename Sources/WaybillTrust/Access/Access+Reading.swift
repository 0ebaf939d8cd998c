package import WaybillCore

extension Access {
    /// What several fields of a decoded access file together, or a key, have wrong; in the places of the fields.
    package static func problems(_ document: Value) -> [FieldProblem] {
        var reading = AccessReading()
        reading.read(document)
        return reading.problems
    }

    /// From a decoded access file without problems.
    ///
    /// - Throws: the first problem.
    package init(_ document: Value) throws(InvalidInput) {
        var reading = AccessReading()
        reading.read(document)
        if let problem = reading.problems.first {
            throw InvalidInput("\(problem.path.text): \(problem.message)")
        }
        self.init(people: reading.people, grants: reading.grants)
    }
}

/// Reads the people, groups and roles of a decoded access file.
private struct AccessReading {
    var problems: [FieldProblem] = []
    var people: [Access.Person] = []
    var grants: [Access.Grant] = []
    private var holders: [SSHPublicKey: Name] = [:]
    private var groups: [String: Set<Name>] = [:]

    mutating func read(_ document: Value) {
        let spec = document["spec"]
        for (index, item) in (spec?["people"]?.list ?? []).enumerated() { readPerson(item, index) }
        for (index, item) in (spec?["groups"]?.list ?? []).enumerated() { readGroup(item, index) }
        for (index, item) in (spec?["roles"]?.list ?? []).enumerated() { readRole(item, index) }
    }

    private mutating func note(
        _ path: [FieldStep], _ message: String, hint: String? = nil, _ rule: String = "invalid-value"
    ) {
        problems.append(FieldProblem(path: [.member("spec")] + path, rule: rule, message: message, hint: hint))
    }

    private mutating func readPerson(_ item: Value, _ index: Int) {
        guard let text = item["name"]?.string, let name = try? Name(parsing: text) else { return }
        var keys: [Access.Key] = []
        for (number, item) in (item["keys"]?.list ?? []).enumerated() {
            let path: [FieldStep] = [.member("people"), .index(index), .member("keys"), .index(number)]
            if let key = readKey(item, path, of: name) { keys.append(key) }
        }
        let unix = accounts(item, index, of: name)
        people.append(Access.Person(name: name, keys: keys, isBot: item["bot"] != nil, unix: unix))
    }

    private mutating func accounts(_ item: Value, _ index: Int, of person: Name) -> [String] {
        let names = (item["unix"]?.list ?? []).map { $0.string ?? "" }
        for (number, account) in names.enumerated() where !account.isEmpty {
            guard let other = people.first(where: { $0.unix.contains(account) }) else { continue }
            note(
                [.member("people"), .index(index), .member("unix"), .index(number)],
                "the account \(account.quotedForMessage) is written twice; the first is of '\(other.name)'",
                hint: "an account is one person's", "duplicate-account")
        }
        return names
    }

    private mutating func readKey(_ item: Value, _ path: [FieldStep], of person: Name) -> Access.Key? {
        let from = moment(item, "validFrom", path)
        let until = moment(item, "validUntil", path)
        let revoked = moment(item, "revoked", path)
        if let from, let until, until <= from {
            note(
                path + [.member("validUntil")], "this key would never count: it ends at \(until) and begins at \(from)")
        }
        guard let text = item["key"]?.string else { return nil }
        do throws(InvalidInput) {
            let key = try SSHPublicKey(parsing: text)
            if let other = holders.updateValue(person, forKey: key) {
                note(
                    path + [.member("key")], "this key is written twice; the first is of '\(other)'",
                    hint: "a key proves one person", "duplicate-key")
            }
            return Access.Key(key: key, validFrom: from, validUntil: until, revoked: revoked)
        } catch {
            note(path + [.member("key")], error.message)
            return nil
        }
    }

    private mutating func moment(_ item: Value, _ name: String, _ path: [FieldStep]) -> Timestamp? {
        guard let text = item[name]?.string else { return nil }
        do throws(InvalidInput) { return try Timestamp(parsing: text) } catch {
            note(path + [.member(name)], error.message)
            return nil
        }
    }

    private mutating func readGroup(_ item: Value, _ index: Int) {
        guard let name = item["name"]?.string else { return }
        groups[name] = names(item, "members", [.member("groups"), .index(index)])
    }

    /// Those of the people named by a list that are there; the others are problems.
    private mutating func names(_ item: Value, _ field: String, _ path: [FieldStep]) -> Set<Name> {
        var found: Set<Name> = []
        for (number, item) in (item[field]?.list ?? []).enumerated() {
            guard let text = item.string else { continue }
            if let person = people.first(where: { $0.name.text == text }) {
                found.insert(person.name)
            } else {
                let near = Suggestion.nearest(to: text, in: people.map(\.name.text))
                note(
                    path + [.member(field), .index(number)], "there is no person \(text.quotedForMessage)",
                    hint: near.map { "did you mean '\($0)'?" } ?? "add them to 'people'", "dangling-reference")
            }
        }
        return found
    }

    private mutating func readRole(_ item: Value, _ index: Int) {
        let path: [FieldStep] = [.member("roles"), .index(index)]
        var holders = names(item, "people", path)
        for (number, group) in (item["groups"]?.list ?? []).enumerated() {
            guard let text = group.string else { continue }
            if let members = groups[text] {
                holders.formUnion(members)
            } else {
                let near = Suggestion.nearest(to: text, in: groups.keys)
                note(
                    path + [.member("groups"), .index(number)], "there is no group \(text.quotedForMessage)",
                    hint: near.map { "did you mean '\($0)'?" } ?? "add it to 'groups'", "dangling-reference")
            }
        }
        if item["people"] == nil, item["groups"] == nil {
            note(path, "this role is given to nobody", hint: "add 'people' or 'groups'", "missing-field")
        }
        let models = patterns(item, "models", path) ?? []
        let environments = patterns(item, "environments", path)
        guard let role = item["role"]?.string.flatMap(AccessRole.init) else { return }
        let approves = item["as"]?.string.flatMap { try? Name(parsing: $0) }
        checkScope(role, item, models, path)
        grants.append(
            Access.Grant(role: role, as: approves, models: models, environments: environments, people: holders))
    }

    private mutating func checkScope(_ role: AccessRole, _ item: Value, _ models: [NamePattern], _ path: [FieldStep]) {
        if role == .approver, item["as"] == nil {
            note(
                path, "an approver approves in a role that an environment asks for, and 'as' does not say which",
                hint: "add 'as: risk'", "missing-field")
        }
        if role != .approver, item["as"] != nil {
            note(
                path + [.member("as")], "'as' is for an approver, and this is the role '\(role.rawValue)'",
                hint: "remove it, or write 'role: approver'", "conflicting-fields")
        }
        if role.isOfFleet, models.contains(where: { $0.text != "*" }) || item["environments"] != nil {
            note(
                path, "the role '\(role.rawValue)' is for the whole fleet",
                hint: "write 'models: [\"*\"]' and no 'environments'", "conflicting-fields")
        }
    }

    private mutating func patterns(_ item: Value, _ field: String, _ path: [FieldStep]) -> [NamePattern]? {
        guard let list = item[field]?.list else { return nil }
        var patterns: [NamePattern] = []
        for (number, pattern) in list.enumerated() {
            guard let text = pattern.string else { continue }
            do throws(InvalidInput) { patterns.append(try NamePattern(parsing: text)) } catch {
                note(path + [.member(field), .index(number)], error.message)
            }
        }
        return patterns
    }
}

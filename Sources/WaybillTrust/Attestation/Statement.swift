package import WaybillCore

/// What somebody says about things that digests name (in-toto Statement v1).
package struct Statement: Hashable, Sendable {
    package struct Subject: Hashable, Sendable {
        package var name: String?
        package var uri: String?
        /// Hexadecimal digits by algorithm: subjects are told apart by these alone.
        package var digest: [String: String]

        package init(name: String? = nil, uri: String? = nil, digest: [String: String]) {
            self.name = name
            self.uri = uri
            self.digest = digest
        }

        package var value: Value {
            var members: Members = ["digest": .object(Members(digest))]
            if let name { members["name"] = .string(name) }
            if let uri { members["uri"] = .string(uri) }
            return .object(members)
        }
    }

    package var subjects: [Subject]
    package var predicateType: String
    package var predicate: Value

    package static let type = "https://in-toto.io/Statement/v1"
    package static let payloadType = "application/vnd.in-toto+json"
    private static let maximumSubjects = 100_000

    package init(subjects: [Subject], predicateType: String, predicate: Value) {
        self.subjects = subjects
        self.predicateType = predicateType
        self.predicate = predicate
    }

    /// From the bytes of a payload whose signature holds.
    package init(parsing payload: [UInt8]) throws(InvalidInput) {
        guard let value = Value(json: payload), let found = value["_type"]?.string else {
            throw InvalidInput("not an in-toto statement: no JSON document with '_type'")
        }
        guard found == Self.type else {
            throw InvalidInput("not an in-toto statement of version 1: its type is \(found.quotedForMessage)")
        }
        guard let items = value["subject"]?.list, (1...Self.maximumSubjects).contains(items.count),
            let predicateType = value["predicateType"]?.string
        else { throw InvalidInput("not an in-toto statement: it needs 'subject' and 'predicateType'") }
        var subjects: [Subject] = []
        for item in items {
            guard let digest = item["digest"]?.object?.compactMapValues(\.string), !digest.isEmpty else {
                throw InvalidInput("not an in-toto statement: a subject has no digest")
            }
            subjects.append(Subject(name: item["name"]?.string, uri: item["uri"]?.string, digest: digest))
        }
        self.init(subjects: subjects, predicateType: predicateType, predicate: value["predicate"] ?? .object([:]))
    }

    /// The payload: equal statements give equal bytes.
    package var payload: [UInt8] {
        let value: Value = [
            "_type": .string(Self.type), "subject": .list(subjects.map(\.value)),
            "predicateType": .string(predicateType), "predicate": predicate,
        ]
        return value.jsonBytes
    }

    /// Whether one of the subjects is what `digest` names.
    package func isAbout(_ digest: Digest) -> Bool { subjects.contains { $0.digest["sha256"] == digest.hex } }
}

import WaybillCore

/// The form of a route table in JSON. The members of format 1 are required, those that format 2 adds may be left out and
/// then say nothing, and no other is allowed: what a later build adds changes the format's number, so that an older
/// gateway refuses the table rather than serve half of what it says.
extension RouteTable {
    static let maximumRoutes = 20_000
    /// Of one route: paths, versions, replicas.
    static let maximumEntries = 1_000
    static let maximumTextBytes = 4_096

    /// - Throws: `Malformed` with the first byte that is wrong.
    init(reading bytes: [UInt8]) throws(JSONCursor.Malformed) {
        var cursor = JSONCursor(bytes)
        self.init(generation: 0, routes: [])
        var table = self
        var format = (number: 0, offset: 0)
        try cursor.object(["format", "generation", "routes"]) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0: format = try Self.readFormat(&cursor)
            case 1: table.generation = try cursor.integer(UInt64.self)
            default: table.routes = try cursor.list(limit: Self.maximumRoutes, Route.read)
            }
        }
        try cursor.finish()
        guard table.format <= format.number else {
            throw JSONCursor.Malformed(
                offset: format.offset,
                problem: "its format is \(format.number), but it says what needs format \(table.format)")
        }
        self = table
    }

    /// Told at once: the rest of another format is nothing that this build could judge.
    private static func readFormat(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> (
        number: Int, offset: Int
    ) {
        let format = try cursor.integer(Int.self)
        let offset = cursor.offset - String(format).utf8.count
        guard (1...currentFormat).contains(format) else {
            throw JSONCursor.Malformed(
                offset: offset, problem: "its format is \(format); this build reads formats 1 to \(currentFormat)")
        }
        return (format, offset)
    }
}

extension RouteTable.Route {
    private static let members = ["backends", "deployment", "environment", "paths", "servingProtocol", "versions"]
    private static let members2 = ["chooser", "model", "splits", "recording"]

    fileprivate static func read(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> Self {
        var route = Self(environment: "", deployment: "", servingProtocol: "", paths: [], versions: [], backends: [])
        try cursor.object(members, optional: members2) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0:
                route.backends = try cursor.list(limit: RouteTable.maximumEntries, RouteTable.Backend.read)
            case 1: route.deployment = try readText(&cursor)
            case 2: route.environment = try readText(&cursor)
            case 3: route.paths = try cursor.list(limit: RouteTable.maximumEntries, readText)
            case 4: route.servingProtocol = try readText(&cursor)
            case 5: route.versions = try cursor.list(limit: RouteTable.maximumEntries, readText)
            case 6: route.chooser = try readText(&cursor)
            case 7: route.model = try readText(&cursor)
            case 8: route.splits = try cursor.list(limit: RouteTable.maximumEntries, RouteTable.Split.read)
            default: route.recording = try RecordingPolicy.read(&cursor)
            }
        }
        return route
    }
}

extension RecordingPolicy {
    private static let members = ["answer", "features", "mode", "redact", "request", "retentionDays", "sample"]

    fileprivate static func read(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> Self {
        var policy = Self()
        try cursor.object(members, optional: ["maxBytes"]) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0: policy.answer = try readWord(&cursor)
            case 1: policy.features = try cursor.list(limit: maximumNames, readText)
            case 2: policy.mode = try readWord(&cursor)
            case 3: policy.redact = try cursor.list(limit: maximumNames, readText)
            case 4: policy.request = try readWord(&cursor)
            case 5: policy.retentionDays = try cursor.integer(Int.self)
            case 6: policy.sample = try cursor.integer(Int.self)
            default: policy.maxBytes = try cursor.integer(Int64.self)
            }
        }
        return policy
    }
}

private func readWord<Word: RawRepresentable<String>>(
    _ cursor: inout JSONCursor
) throws(JSONCursor.Malformed) -> Word {
    let text = try readText(&cursor)
    guard let word = Word(rawValue: text) else {
        throw JSONCursor.Malformed(
            offset: cursor.offset, problem: "\(text.quotedForMessage) is no word that may stand here")
    }
    return word
}

extension RouteTable.Split {
    private static let members = ["revision", "weight"]

    fileprivate static func read(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> Self {
        var split = Self(revision: "", weight: 0)
        try cursor.object(members) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0: split.revision = try readText(&cursor)
            default: split.weight = try cursor.integer(Int.self)
            }
        }
        return split
    }
}

extension RouteTable.Backend {
    private static let members = ["port", "replica", "revision", "version"]
    private static let members2 = ["commit"]

    fileprivate static func read(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> Self {
        var backend = Self(replica: "", revision: "", version: "", port: 0)
        try cursor.object(members, optional: members2) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0: backend.port = try cursor.integer(Int.self)
            case 1: backend.replica = try readText(&cursor)
            case 2: backend.revision = try readText(&cursor)
            case 3: backend.version = try readText(&cursor)
            default: backend.commit = try readText(&cursor)
            }
        }
        return backend
    }
}

private func readText(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> String {
    try cursor.text(limit: RouteTable.maximumTextBytes)
}

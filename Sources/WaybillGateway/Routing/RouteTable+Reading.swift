import WaybillCore

/// The form of a route table in JSON. Every member is required, and no other is allowed: what a later build adds changes
/// the format's number, so that an older gateway refuses the table rather than serve half of what it says.
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
        try cursor.object(["format", "generation", "routes"]) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0: try Self.readFormat(&cursor)
            case 1: table.generation = try cursor.integer(UInt64.self)
            default: table.routes = try cursor.list(limit: Self.maximumRoutes, Route.read)
            }
        }
        try cursor.finish()
        self = table
    }

    /// Told at once: the rest of another format is nothing that this build could judge.
    private static func readFormat(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) {
        let format = try cursor.integer(Int.self)
        guard format == currentFormat else {
            throw JSONCursor.Malformed(
                offset: cursor.offset - String(format).utf8.count,
                problem: "its format is \(format); this build reads format \(currentFormat)")
        }
    }
}

extension RouteTable.Route {
    private static let members = ["backends", "deployment", "environment", "paths", "servingProtocol", "versions"]

    fileprivate static func read(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> Self {
        var route = Self(environment: "", deployment: "", servingProtocol: "", paths: [], versions: [], backends: [])
        try cursor.object(members) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0:
                route.backends = try cursor.list(limit: RouteTable.maximumEntries, RouteTable.Backend.read)
            case 1: route.deployment = try readText(&cursor)
            case 2: route.environment = try readText(&cursor)
            case 3: route.paths = try cursor.list(limit: RouteTable.maximumEntries, readText)
            case 4: route.servingProtocol = try readText(&cursor)
            default: route.versions = try cursor.list(limit: RouteTable.maximumEntries, readText)
            }
        }
        return route
    }
}

extension RouteTable.Backend {
    private static let members = ["port", "replica", "revision", "version"]

    fileprivate static func read(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> Self {
        var backend = Self(replica: "", revision: "", version: "", port: 0)
        try cursor.object(members) { (cursor, index) throws(JSONCursor.Malformed) in
            switch index {
            case 0: backend.port = try cursor.integer(Int.self)
            case 1: backend.replica = try readText(&cursor)
            case 2: backend.revision = try readText(&cursor)
            default: backend.version = try readText(&cursor)
            }
        }
        return backend
    }
}

private func readText(_ cursor: inout JSONCursor) throws(JSONCursor.Malformed) -> String {
    try cursor.text(limit: RouteTable.maximumTextBytes)
}

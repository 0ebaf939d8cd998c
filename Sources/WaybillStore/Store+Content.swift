import Foundation
import GRDB
package import WaybillCore

extension Store {
    // MARK: Summaries

    package func save(_ summary: KeySummary) async throws(Failure) { try await save([summary]) }

    package func forget(_ key: DeploymentKey) async throws(Failure) { try await save([], forgetting: [key]) }

    /// Keeps `summaries` and drops those of `gone`, all at once.
    /// - Parameter time: when this was so; what `keptAt` says from then on.
    package func save(
        _ summaries: [KeySummary], forgetting gone: [DeploymentKey] = [], at time: Timestamp? = nil
    ) async throws(Failure) {
        let rows = summaries.map(StoredSummary.init)
        try await write { database in
            let insert = try database.makeStatement(
                sql: "INSERT OR REPLACE INTO summary (deployment, isReady, json) VALUES (?, ?, ?)")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for row in rows {
                let json = String(decoding: try encoder.encode(row), as: UTF8.self)
                try insert.execute(arguments: [row.deployment, row.isReady, json])
            }
            let delete = try database.makeStatement(sql: "DELETE FROM summary WHERE deployment = ?")
            for key in gone { try delete.execute(arguments: [key.description]) }
            if let time { try Self.setMark("keptAt", String(time.milliseconds), database) }
        }
    }

    /// When summaries were last brought up to date; nil when never.
    package func keptAt() async throws(Failure) -> Timestamp? {
        let text = try await read { try Self.mark("keptAt", $0) }
        return text.flatMap(Int64.init).map(Timestamp.init(milliseconds:))
    }

    /// All of them by name. A row that this build cannot read is left out.
    package func summaries() async throws(Failure) -> [StoredSummary] {
        try await read { database in
            try String.fetchAll(database, sql: "SELECT json FROM summary ORDER BY deployment").compactMap(Self.decode)
        }
    }

    package func summary(of key: DeploymentKey) async throws(Failure) -> StoredSummary? {
        try await read { database in
            let sql = "SELECT json FROM summary WHERE deployment = ?"
            return try String.fetchOne(database, sql: sql, arguments: [key.description]).flatMap(Self.decode)
        }
    }

    private static func decode(_ json: String) -> StoredSummary? {
        try? JSONDecoder().decode(StoredSummary.self, from: Data(json.utf8))
    }

    // MARK: Resources of the accepted commit

    /// Makes the index that of `commit`, all at once. Only what differs is written: a commit that changes one file of many costs one row.
    package func index(_ resources: [(id: ResourceID, location: SourceLocation)], of commit: CommitID)
        async throws(Failure)
    {
        let rows = Set(resources.map { StoredResource(id: $0.id, location: $0.location) })
        try await write { database in
            let known = Set(try Row.fetchAll(database, sql: "SELECT * FROM resource").map(StoredResource.init))
            let delete = try database.makeStatement(sql: "DELETE FROM resource WHERE id = ?")
            for row in known.subtracting(rows) { try delete.execute(arguments: [row.id]) }
            let insert = try database.makeStatement(
                sql: "INSERT INTO resource (id, kind, name, path, line) VALUES (?, ?, ?, ?, ?)")
            for row in rows.subtracting(known) {
                try insert.execute(arguments: [row.id, row.kind, row.name, row.path, row.line])
            }
            try Self.setMark("commit", commit.hex, database)
        }
    }

    /// The commit whose resources are indexed.
    package func indexedCommit() async throws(Failure) -> CommitID? {
        let text = try await read { try Self.mark("commit", $0) }
        return text.flatMap { try? CommitID(parsing: $0) }
    }

    /// Resources of `kind`, or of all kinds, by name.
    package func resources(of kind: Kind? = nil) async throws(Failure) -> [StoredResource] {
        try await read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT * FROM resource WHERE ?1 IS NULL OR kind = ?1 ORDER BY kind, name",
                arguments: [kind?.rawValue])
            return rows.map(StoredResource.init)
        }
    }

    // MARK: Where events stand

    /// Notes where `events` stand in the ledger. Safe to repeat.
    package func index(_ events: [(index: LedgerIndex, event: Event)]) async throws(Failure) {
        try await write { database in
            let insert = try database.makeStatement(
                sql: "INSERT OR REPLACE INTO event (position, subject, type, time) VALUES (?, ?, ?, ?)")
            for (index, event) in events {
                try insert.execute(
                    arguments: [Int64(index), event.subject, event.type.rawValue, event.time.milliseconds])
            }
        }
    }

    /// Positions of the newest `limit` events of `subject`, all before `end` when it is given; the oldest first.
    package func positions(of subject: String, before end: LedgerIndex? = nil, limit: Int = 1000)
        async throws(Failure) -> [LedgerIndex]
    {
        try await read { database in
            let newest = try Int64.fetchAll(
                database,
                sql: "SELECT position FROM event WHERE subject = ? AND position < ? ORDER BY position DESC LIMIT ?",
                arguments: [subject, end.map { Int64(clamping: $0) } ?? .max, limit])
            return newest.reversed().map(LedgerIndex.init)
        }
    }

    /// How far the index of events reaches: the first position that is not in it. Index from there on after a start.
    package func nextPosition() async throws(Failure) -> LedgerIndex {
        try await read { database in
            let last = try Int64.fetchOne(database, sql: "SELECT MAX(position) FROM event")
            return last.map { LedgerIndex($0) + 1 } ?? 0
        }
    }

    // MARK: Marks

    private static func setMark(_ name: String, _ value: String, _ database: Database) throws {
        try database.execute(sql: "INSERT OR REPLACE INTO mark (name, value) VALUES (?, ?)", arguments: [name, value])
    }

    private static func mark(_ name: String, _ database: Database) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM mark WHERE name = ?", arguments: [name])
    }
}

/// A resource of the accepted commit and where its manifest stands.
package struct StoredResource: Hashable, Sendable {
    package let id: String
    package let kind: String
    package let name: String
    package let path: String
    package let line: Int

    init(id: ResourceID, location: SourceLocation) {
        self.id = id.description
        kind = id.kind.rawValue
        name = id.name
        path = location.path
        line = location.line
    }

    init(_ row: Row) {
        id = row["id"]
        kind = row["kind"]
        name = row["name"]
        path = row["path"]
        line = row["line"]
    }
}

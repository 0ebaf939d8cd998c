import GRDB

extension Store {
    /// Layouts from the first on; a new one is added at the end, none is changed.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.create(table: "summary") { table in
                table.primaryKey("deployment", .text)
                table.column("isReady", .boolean).notNull()
                table.column("json", .text).notNull()
            }
            try database.create(table: "resource") { table in
                table.primaryKey("id", .text)
                table.column("kind", .text).notNull()
                table.column("name", .text).notNull()
                table.column("path", .text).notNull()
                table.column("line", .integer).notNull()
            }
            try database.create(table: "event") { table in
                table.primaryKey("position", .integer)
                table.column("subject", .text).notNull()
                table.column("type", .text).notNull()
                table.column("time", .integer).notNull()
            }
            try database.create(index: "eventBySubject", on: "event", columns: ["subject", "position"])
            try database.create(table: "mark") { table in
                table.primaryKey("name", .text)
                table.column("value", .text).notNull()
            }
        }
        return migrator
    }
}

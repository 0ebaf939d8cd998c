import WaybillCore

/// Rows on their way into columns, within limits.
struct TableBuilder: Sendable {
    let file: String
    let limits: LabelledSetLimits
    var columns: [ColumnBuilder]
    private(set) var columnNames: [String] = []
    private(set) var rowCount = 0

    init(file: String, columns: [ColumnRequest], limits: LabelledSetLimits) {
        (self.file, self.limits) = (file, limits)
        var seen: Set<String> = []
        self.columns = columns.filter { seen.insert($0.name).inserted }.map {
            ColumnBuilder($0, limits: limits)
        }
    }

    /// Takes the next name of a column, and says where its cells go: nil when nobody asked for it.
    mutating func addName(_ name: String) throws(CellProblem) -> Int? {
        guard columnNames.count < limits.columns else {
            throw CellProblem(.overLimit, "more than \(limits.columns) columns")
        }
        columnNames.append(name)
        return columns.firstIndex { $0.request.name == name }
    }

    /// After the last cell of a row.
    mutating func endRow() throws(CellProblem) {
        guard rowCount < limits.rows else {
            throw CellProblem(.overLimit, "more than \(limits.rows) rows", hint: "validate on a sample of them")
        }
        rowCount += 1
        for place in columns.indices where columns[place].count < rowCount { columns[place].appendMissing() }
    }

    /// - Throws: for a column that was asked for and has no name in the file.
    func checkNames(hint: String? = nil) throws(LabelledSetError) {
        let known = Set(columnNames)
        for column in columns where !known.contains(column.request.name) {
            let near = Suggestion.nearest(to: column.request.name, in: columnNames)
            let list = columnNames.prefix(20).map(\.quotedForMessage).joined(separator: ", ")
            throw LabelledSetError(
                .unknownColumn, file, "there is no column \(column.request.name.quotedForMessage)",
                hint: near.map { "did you mean \($0.quotedForMessage)?" } ?? hint
                    ?? "the columns are \(list)\(columnNames.count > 20 ? " and \(columnNames.count - 20) more" : "")")
        }
    }

    func finish() -> LabelledSet {
        LabelledSet(
            file: file, rowCount: rowCount, columnNames: columnNames,
            columns: Dictionary(columns.map { ($0.request.name, $0.column) }) { first, _ in first })
    }
}

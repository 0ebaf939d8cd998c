package import WaybillCore

/// Columns of a labelled set: what a model is asked, and what it should have answered.
package struct LabelledSet: Sendable {
    /// As errors name it.
    package let file: String
    package let rowCount: Int
    /// Names of all columns of the file, in its order; of JSON Lines, in the order in which they first came.
    package let columnNames: [String]
    private let columns: [String: LabelledColumn]

    init(file: String, rowCount: Int, columnNames: [String], columns: [String: LabelledColumn]) {
        (self.file, self.rowCount, self.columnNames, self.columns) = (file, rowCount, columnNames, columns)
    }

    /// A column that was asked for when the set was read; nil for any other.
    package subscript(_ name: String) -> LabelledColumn? { columns[name] }

    /// The numbers of a column that was asked for as numbers; nil for any other.
    package func numbers(_ name: String) -> NumberColumn? {
        if case .numbers(let column) = columns[name] { column } else { nil }
    }

    /// The labels of a column that was asked for as labels or text; nil for any other.
    package func labels(_ name: String) -> Labels? {
        if case .labels(let column) = columns[name] { column } else { nil }
    }
}

package enum LabelledColumn: Hashable, Sendable {
    case numbers(NumberColumn)
    case labels(Labels)
}

/// Numbers, one for each row.
package struct NumberColumn: Hashable, Sendable {
    /// NaN where it is missing.
    package let values: [Double]
    /// The rows without a number, counted from 0, ascending. A row that says NaN is not among them.
    package let missingRows: [Int]

    package init(values: [Double], missingRows: [Int] = []) {
        (self.values, self.missingRows) = (values, missingRows)
    }
}

/// A column to read, and as what.
package struct ColumnRequest: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A number in every cell that is not empty.
        case number
        /// Any text, as it stands.
        case text
        /// The name of a class: text, but a whole number loses its `.0`, so that `1.0` and `1` are one class.
        case label
    }

    package let name: String
    package let kind: Kind

    package init(_ name: String, _ kind: Kind) { (self.name, self.kind) = (name, kind) }
}

/// What a labelled set may not exceed.
package struct LabelledSetLimits: Hashable, Sendable {
    package var rows = 10_000_000
    package var columns = 4_096
    /// Of one record of CSV or one line of JSON Lines, in bytes.
    package var line = 1 << 20
    /// Of the whole file, in bytes.
    package var total: Int64 = 8 << 30
    /// Different texts in one column.
    package var texts = 100_000
    /// Of these together, in bytes.
    package var textBytes = 16 << 20

    package init() {}
}

package enum LabelledSetFormat: String, Hashable, Sendable {
    /// RFC 4180 with a header; UTF-8.
    case csv = "CSV"
    /// One flat JSON object a line.
    case jsonLines = "JSON Lines"

    /// The format that a checklist names.
    package init(_ format: LabelledData.Format) {
        switch format {
        case .csv: self = .csv
        case .jsonLines: self = .jsonLines
        }
    }
}

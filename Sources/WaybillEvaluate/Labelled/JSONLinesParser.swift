import WaybillCore

/// One flat JSON object a line, from pieces of a file. A member that a row has not, and one that is `null`, is a missing value.
struct JSONLinesParser: Sendable {
    static let none = JSONLinesParser(TableBuilder(file: "", columns: [], limits: .init()))

    var table: TableBuilder
    private var line: [UInt8] = []
    private var number = 0
    /// Where each name's values go, by its bytes; nil when nobody asked for it.
    private var targets: [[UInt8]: Int?] = [:]

    init(_ table: TableBuilder) { self.table = table }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(LabelledSetError) {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            try append(bytes[start..<end])
            try endLine()
            start = end + 1
        }
        try append(bytes[start...])
    }

    mutating func finish() throws(LabelledSetError) -> LabelledSet {
        if !line.isEmpty { try endLine() }
        guard table.rowCount > 0 else {
            throw LabelledSetError(.malformed, table.file, "is empty", hint: "each line is one JSON object")
        }
        try table.checkNames()
        return table.finish()
    }

    private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws(LabelledSetError) {
        guard line.count + bytes.count <= table.limits.line else {
            throw LabelledSetError(
                .overLimit, table.file, at: LinePlace(line: number + 1),
                "a line of more than \(table.limits.line) bytes",
                hint: "each line is one JSON object")
        }
        line.append(contentsOf: bytes)
    }

    private mutating func endLine() throws(LabelledSetError) {
        number += 1
        // Out of the way of what changes `self`, and back with its room.
        var text: [UInt8] = []
        swap(&text, &line)
        defer {
            line = text
            line.removeAll(keepingCapacity: true)
        }
        do throws(PlacedProblem) {
            try text.withUnsafeBufferPointer { (bytes) throws(PlacedProblem) in
                var reader = FlatObjectReader(UnsafeRawBufferPointer(bytes))
                guard !reader.isBlank else { return }
                try readRow(&reader)
            }
        } catch {
            throw LabelledSetError(
                error.problem.code, table.file, at: LinePlace(line: number, column: error.column),
                error.problem.problem,
                hint: error.problem.hint)
        }
    }

    private mutating func readRow(_ reader: inout FlatObjectReader) throws(PlacedProblem) {
        try reader.open()
        while let name = try reader.nextName() {
            let start = reader.place
            let target = try reader.placed(at: name.place) { () throws(CellProblem) in try self.target(of: name.text) }
            let value = try reader.value()
            guard let target else { continue }
            try reader.placed(at: name.place) { () throws(CellProblem) in
                guard table.columns[target].count == table.rowCount else {
                    throw CellProblem("the object names '\(table.columns[target].request.name)' twice")
                }
            }
            try reader.placed(at: start) { () throws(CellProblem) in try append(value, to: target, of: reader) }
        }
        try reader.placed(at: 0) { () throws(CellProblem) in try table.endRow() }
    }

    private mutating func append(
        _ value: FlatValue, to target: Int, of reader: FlatObjectReader
    ) throws(CellProblem) {
        switch value {
        case .null: table.columns[target].appendMissing()
        case .bool(let flag): try table.columns[target].append(json: flag)
        case .number(let range): try table.columns[target].append(reader.bytes(range))
        case .plain(let range): try table.columns[target].append(json: reader.bytes(range))
        case .escaped(let text):
            try text.withUnsafeBufferPointer { (bytes) throws(CellProblem) in
                try table.columns[target].append(json: UnsafeRawBufferPointer(bytes))
            }
        }
    }

    private mutating func target(of name: [UInt8]) throws(CellProblem) -> Int? {
        if let known = targets[name] { return known }
        guard let text = String(validating: name, as: UTF8.self) else {
            throw CellProblem("the name is not UTF-8", hint: "convert the file with iconv -t utf-8")
        }
        let target = try table.addName(text)
        targets[name] = .some(target)
        return target
    }
}

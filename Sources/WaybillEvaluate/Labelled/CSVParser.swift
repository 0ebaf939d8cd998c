import WaybillCore

/// RFC 4180 from pieces of a file: commas, quotes doubled within quotes, a header, LF or CRLF. Lines that are wholly empty are passed over.
struct CSVParser: Sendable {
    private enum State: Sendable {
        case fieldStart
        case plain
        case quoted
        /// After a quote within quotes: the end of the field, or half of a quote.
        case quote
        /// After CR: only LF may come.
        case carriage
    }

    static let none = CSVParser(TableBuilder(file: "", columns: [], limits: .init()))

    private var table: TableBuilder
    private var state = State.fieldStart
    private var field: [UInt8] = []
    private var fieldPlace = LinePlace()
    private var recordPlace = LinePlace()
    private var place = LinePlace()
    /// Bytes of this record so far.
    private var length = 0
    /// Cells of this record so far.
    private var cell = 0
    /// For each column of the header, where its cells go; nil until the header was read.
    private var targets: [Int?]?
    private var header: [Int?] = []
    private var isKept = true

    init(_ table: TableBuilder) { self.table = table }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(LabelledSetError) {
        var next = 0
        while next < bytes.count {
            let run = plainRun(bytes, from: next)
            if isKept { field.append(contentsOf: bytes[next..<next + run]) }
            (length, place.column, next) = (length + run, place.column + run, next + run)
            guard next < bytes.count else { return }
            let byte = bytes[next]
            next += 1
            length += 1
            guard length <= table.limits.line else {
                throw failure(.overLimit, "a record of more than \(table.limits.line) bytes", hint: "is a quote open?")
            }
            try take(byte)
            if byte == 0x0A {
                place.line += 1
                place.column = 1
            } else {
                place.column += 1
            }
        }
    }

    mutating func finish() throws(LabelledSetError) -> LabelledSet {
        switch state {
        case .quoted:
            place = fieldPlace
            throw failure(.malformed, "the quote that opens here is never closed")
        case .carriage: try endRecord()
        case .plain, .quote: try endRecord()
        case .fieldStart: if cell > 0 { try endRecord() }
        }
        guard targets != nil else {
            throw LabelledSetError(.malformed, table.file, "is empty", hint: "the first line names the columns")
        }
        return table.finish()
    }

    /// How many bytes from `start` on are nothing but a part of the field that is open, within the bound of a record.
    private func plainRun(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard state == .plain || state == .quoted else { return 0 }
        let end = min(bytes.count, start + max(0, table.limits.line - length))
        var next = start
        if state == .plain {
            while next < end, !Self.endsPlain(bytes[next]) { next += 1 }
        } else {
            while next < end, bytes[next] != 0x22, bytes[next] != 0x0A, bytes[next] != 0 { next += 1 }
        }
        return next - start
    }

    private static func endsPlain(_ byte: UInt8) -> Bool {
        byte == 0x2C || byte == 0x0A || byte == 0x0D || byte == 0x22 || byte == 0
    }

    private mutating func take(_ byte: UInt8) throws(LabelledSetError) {
        switch (state, byte) {
        case (_, 0): throw failure(.malformed, "a NUL byte", hint: "is this a text file in UTF-8?")
        case (.fieldStart, 0x22):
            startField()
            state = .quoted
        case (.fieldStart, _), (.plain, 0x2C), (.plain, 0x0A), (.plain, 0x0D), (.quote, 0x2C), (.quote, 0x0A),
            (.quote, 0x0D):
            if state == .fieldStart { startField() }
            try separate(byte)
        case (.plain, 0x22):
            throw failure(
                .malformed, "a quote within a field that does not begin with one",
                hint: "put the whole field in quotes and double those within")
        case (.plain, _): keep(byte)
        case (.quoted, 0x22): state = .quote
        case (.quoted, _): keep(byte)
        case (.quote, 0x22):
            keep(byte)
            state = .quoted
        case (.quote, _):
            throw failure(
                .malformed, "text after the closing quote of a field", hint: "double a quote that is part of the text")
        case (.carriage, 0x0A): try endRecord()
        case (.carriage, _):
            throw failure(.malformed, "a carriage return without a line feed", hint: "end lines with LF or CRLF")
        }
    }

    private mutating func separate(_ byte: UInt8) throws(LabelledSetError) {
        switch byte {
        case 0x2C:
            try endField()
            state = .fieldStart
        case 0x0A: try endRecord()
        case 0x0D: state = .carriage
        case _:
            state = .plain
            keep(byte)
        }
    }

    private mutating func startField() {
        fieldPlace = place
        if cell == 0 { recordPlace = place }
        field.removeAll(keepingCapacity: true)
        isKept = targets.map { cell < $0.count && $0[cell] != nil } ?? true
    }

    private mutating func keep(_ byte: UInt8) { if isKept { field.append(byte) } }

    private mutating func endRecord() throws(LabelledSetError) {
        let isBlank = cell == 0 && (state == .fieldStart || (state == .carriage && length <= 2))
        if state == .fieldStart, cell > 0 { startField() }
        if !isBlank {
            try endField()
            try endRow()
        }
        (state, cell, length) = (.fieldStart, 0, 0)
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endField() throws(LabelledSetError) {
        defer { cell += 1 }
        do throws(CellProblem) {
            guard let targets else { return header.append(try table.addName(try headerName())) }
            guard cell < targets.count, let target = targets[cell] else { return }
            guard !field.isEmpty else { return table.columns[target].appendMissing() }
            try field.withUnsafeBufferPointer { (text) throws(CellProblem) in
                try table.columns[target].append(UnsafeRawBufferPointer(text))
            }
        } catch {
            throw LabelledSetError(error.code, table.file, at: fieldPlace, error.problem, hint: error.hint)
        }
    }

    private func headerName() throws(CellProblem) -> String {
        guard let name = String(validating: field, as: UTF8.self) else {
            throw CellProblem("the name of a column is not UTF-8", hint: "convert the file with iconv -t utf-8")
        }
        // Indexes that were written without a name are common, and harmless.
        guard name.isEmpty || !table.columnNames.contains(name) else {
            throw CellProblem("the column \(name.quotedForMessage) is named twice")
        }
        return name
    }

    private mutating func endRow() throws(LabelledSetError) {
        guard let targets else {
            targets = header
            try table.checkNames(hint: separatorHint)
            return
        }
        guard cell == targets.count else {
            throw LabelledSetError(
                .malformed, table.file, at: recordPlace,
                "the row has \(cell) cells; the header names \(targets.count) columns",
                hint: "put cells with a comma or a line feed in quotes")
        }
        do throws(CellProblem) { try table.endRow() } catch {
            throw LabelledSetError(error.code, table.file, at: recordPlace, error.problem, hint: error.hint)
        }
    }

    private var separatorHint: String? {
        guard table.columnNames.count == 1, let only = table.columnNames.first else { return nil }
        return [(";", "';'"), ("\t", "a tab"), ("|", "'|'")].first { only.contains($0.0) }.map {
            "cells are separated by commas, not by \($0.1)"
        }
    }

    private func failure(_ code: LabelledSetError.Code, _ problem: String, hint: String? = nil) -> LabelledSetError {
        LabelledSetError(code, table.file, at: place, problem, hint: hint)
    }
}

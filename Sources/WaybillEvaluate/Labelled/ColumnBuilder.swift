import WaybillCore

/// Takes the cells of one column, one after the other.
struct ColumnBuilder: Sendable {
    let request: ColumnRequest
    private let limits: LabelledSetLimits
    private var numbers: [Double] = []
    private var missingRows: [Int] = []
    private var codes: [Int32] = []
    private var texts = TextTable()

    init(_ request: ColumnRequest, limits: LabelledSetLimits) { (self.request, self.limits) = (request, limits) }

    var column: LabelledColumn {
        request.kind == .number
            ? .numbers(NumberColumn(values: numbers, missingRows: missingRows))
            : .labels(Labels(codes: codes, names: texts.names))
    }

    var count: Int { request.kind == .number ? numbers.count : codes.count }

    mutating func appendMissing() {
        guard request.kind == .number else { return codes.append(-1) }
        missingRows.append(numbers.count)
        numbers.append(.nan)
    }

    /// A cell of CSV, or a number of JSON.
    mutating func append(_ cell: UnsafeRawBufferPointer) throws(CellProblem) {
        guard request.kind == .number else { return try append(text: cell) }
        guard let number = parseNumber(cell) else {
            throw CellProblem(
                "\(String(decoding: cell, as: UTF8.self).quotedForMessage) in '\(request.name)' is not a number",
                hint: "leave the cell empty where the value is missing")
        }
        numbers.append(number)
    }

    /// A text of JSON.
    mutating func append(json text: UnsafeRawBufferPointer) throws(CellProblem) {
        guard request.kind != .number else {
            throw CellProblem(
                "'\(request.name)' is a text where a number is expected",
                hint: "write numbers without quotes, and null where the value is missing")
        }
        try append(text: text)
    }

    /// `true` or `false` of JSON.
    mutating func append(json flag: Bool) throws(CellProblem) {
        guard request.kind != .number else {
            throw CellProblem("'\(request.name)' is \(flag) where a number is expected", hint: "write 1 and 0")
        }
        let text: StaticString = flag ? "true" : "false"
        try append(text: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func append(text: UnsafeRawBufferPointer) throws(CellProblem) {
        let kept = request.kind == .label ? withoutZeroFraction(text) : text
        let known = texts.count
        let code = texts.code(of: kept)
        guard texts.count <= limits.texts, texts.byteCount <= limits.textBytes else {
            throw CellProblem(
                .overLimit,
                "more than \(limits.texts) different texts, or \(limits.textBytes) bytes of them, in '\(request.name)'",
                hint: "labels and slices are few; is this the right column?")
        }
        // Each different text is looked at once.
        guard texts.count == known || String(validating: kept, as: UTF8.self) != nil else {
            throw CellProblem("the text is not UTF-8", hint: "convert the file with iconv -t utf-8")
        }
        codes.append(code)
    }

    /// `-12.00` is `-12`; all else stays.
    private func withoutZeroFraction(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let point = text.firstIndex(of: 0x2E), point > 0, point + 1 < text.count else { return text }
        let whole = text[(text[0] == 0x2D ? 1 : 0)..<point]
        guard !whole.isEmpty, whole.allSatisfy(\.isASCIIDigit), text[(point + 1)...].allSatisfy({ $0 == 0x30 }) else {
            return text
        }
        return UnsafeRawBufferPointer(rebasing: text[..<point])
    }
}

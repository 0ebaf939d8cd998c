package import WaybillCore

/// Labelled rows as requests of the Open Inference Protocol V2, as the interface of a version wants them.
///
/// One input tensor with rows of several numbers takes the features in their order. Otherwise each input takes the column of its name.
package struct LabelledQuestions: Sendable {
    private enum Column: Sendable {
        case numbers([Double])
        case texts(Labels)
    }

    package let data: LabelledData
    /// The rows, with the target as labels or numbers.
    package let rows: LabelledSet
    /// What a question means that names no output: the interface's first.
    let usualOutput: String?
    private let inputs: [Tensor]
    /// Columns of each input, side by side.
    private let columns: [[Column]]

    /// Reads the file at `path`.
    ///
    /// - Parameters:
    ///   - target: what the column of truths is read as.
    ///   - groups: further columns, whose texts make groups of rows.
    /// - Throws: `DataBroken`, stalling, with file, line and column; `InterfaceUnusable`, stalling, when the version does not say what it
    ///   takes, or takes other columns than the data has.
    package init(
        _ data: LabelledData, at path: String, for version: ModelVersion, target: ColumnRequest.Kind,
        groups: [String] = []
    ) throws(Failure) {
        guard !version.inputs.isEmpty else {
            throw Self.unusable(version, "says nothing of its inputs; write 'spec.interface.inputs'")
        }
        self.data = data
        inputs = version.inputs
        usualOutput = version.outputs.first?.name
        let features = try data.features.isEmpty ? Self.features(of: data, at: path) : data.features
        let named = try Self.columns(of: version, from: features)
        var requests = [ColumnRequest(data.target, target)]
        for (tensor, names) in zip(version.inputs, named) {
            requests += names.map { ColumnRequest($0, tensor.datatype == .BYTES ? .text : .number) }
        }
        requests += groups.map { ColumnRequest($0, .text) }
        let set = try Self.read(data, at: path, requests)
        rows = set
        var columns: [[Column]] = []
        for names in named {
            var side: [Column] = []
            for name in names { side.append(try Self.column(name, of: set, data)) }
            columns.append(side)
        }
        self.columns = columns
    }

    /// Every column but the target, as the file has them.
    private static func features(of data: LabelledData, at path: String) throws(Failure) -> [String] {
        let names = try read(data, at: path, []).columnNames
        guard names.contains(data.target) else {
            throw Failure(
                .stall, reason: "DataBroken",
                message: "\(data.file.source): error: there is no column \(data.target.quotedForMessage)")
        }
        return names.filter { $0 != data.target }
    }

    private static func read(
        _ data: LabelledData, at path: String, _ columns: [ColumnRequest]
    ) throws(Failure) -> LabelledSet {
        do throws(LabelledSetError) {
            return try LabelledSet.read(
                path: path, named: data.file.source.description, format: LabelledSetFormat(data.format),
                columns: columns)
        } catch { throw Failure(.stall, reason: "DataBroken", message: error.description) }
    }

    /// The names of the columns of each input.
    private static func columns(
        of version: ModelVersion, from features: [String]
    ) throws(Failure) -> [[String]] {
        if version.inputs.count == 1, let only = version.inputs.first, only.shape.count == 2,
            let width = only.shape.last
        {
            guard width == -1 || width == features.count else {
                throw unusable(
                    version, "takes \(width) columns in '\(only.name)', and the data has \(features.count) features")
            }
            return [features]
        }
        var named: [[String]] = []
        for tensor in version.inputs {
            guard tensor.shape.count == 1 || tensor.shape.count == 2 && tensor.shape.last == 1 else {
                throw unusable(
                    version, "has the input '\(tensor.name)' of shape \(tensor.shape), which no column of a table is")
            }
            guard features.contains(tensor.name) else {
                let near = Suggestion.nearest(to: tensor.name, in: features).map { "; there is '\($0)'" } ?? ""
                throw unusable(version, "has the input '\(tensor.name)', and the data no such column\(near)")
            }
            named.append([tensor.name])
        }
        return named
    }

    private static func column(
        _ name: String, of set: LabelledSet, _ data: LabelledData
    ) throws(Failure) -> Column {
        let missing: Int?
        if let numbers = set.numbers(name) {
            missing = numbers.missingRows.first
            if missing == nil { return .numbers(numbers.values) }
        } else {
            let labels = set.labels(name) ?? Labels([String?]())
            missing = labels.missingRows.first
            if missing == nil { return .texts(labels) }
        }
        throw Failure(
            .stall, reason: "DataBroken",
            message:
                "\(data.file.source): row \((missing ?? 0) + 1) has no '\(name)', and a request needs every feature")
    }

    /// The texts of a column that was asked for, row by row; numbers as they are written.
    package func group(_ name: String) -> Labels? {
        if let labels = rows.labels(name) { return labels }
        guard let numbers = rows.numbers(name) else { return nil }
        let missing = Set(numbers.missingRows)
        return Labels(
            numbers.values.enumerated().map { row, number in
                missing.contains(row) ? nil : Int64(exactly: number).map(String.init) ?? "\(number)"
            })
    }

    private static func unusable(_ version: ModelVersion, _ why: String) -> Failure {
        Failure(.stall, reason: "InterfaceUnusable", message: "\(version.id) \(why)")
    }

    /// The body of the request for some rows, which asks for `outputs`; for the model's usual ones when there are none.
    func body(of range: Range<Int>, outputs: [String]) -> [UInt8] {
        var members: Members = [
            "inputs": .list(zip(inputs, columns).map { tensor($0, $1, range).value })
        ]
        if !outputs.isEmpty { members["outputs"] = .list(outputs.map { ["name": .string($0)] }) }
        return Value.object(members).jsonBytes
    }

    private func tensor(_ input: Tensor, _ side: [Column], _ range: Range<Int>) -> InferenceTensor {
        var elements: [Value] = []
        elements.reserveCapacity(range.count * side.count)
        for row in range {
            for column in side { elements.append(Self.element(column, row, input.datatype)) }
        }
        let rows = Int64(range.count)
        return InferenceTensor(
            name: input.name, datatype: input.datatype.rawValue,
            shape: input.shape.count == 1 ? [rows] : [rows, Int64(side.count)], data: elements)
    }

    private static func element(_ column: Column, _ row: Int, _ datatype: Tensor.Datatype) -> Value {
        switch column {
        case .texts(let labels): return .string(labels[row] ?? "")
        case .numbers(let values):
            if datatype == .BOOL { return .bool(values[row] != 0) }
            return Int64(exactly: values[row]).map { .integer($0) } ?? .number(values[row])
        }
    }
}

package import WaybillCore

/// A tensor of a request or an answer of the Open Inference Protocol V2 over JSON, its elements in row-major order.
package struct InferenceTensor: Hashable, Sendable {
    package var name: String
    package var datatype: String
    package var shape: [Int64]
    package var data: [Value]

    package init(name: String, datatype: String, shape: [Int64], data: [Value]) {
        self.name = name
        self.datatype = datatype
        self.shape = shape
        self.data = data
    }

    /// Most elements of a tensor that is read.
    private static let largest: Int64 = 50_000_000

    /// - Throws: `InvalidInput` in words, when it is none or its shape is not that of its data.
    package init(_ value: Value) throws(InvalidInput) {
        guard let name = value["name"]?.string else { throw InvalidInput("a tensor has no 'name'") }
        guard let datatype = value["datatype"]?.string, Tensor.Datatype(rawValue: datatype) != nil else {
            throw InvalidInput("tensor \(name.quotedForMessage) has no 'datatype' of the protocol")
        }
        guard let shape = value["shape"]?.list, let data = value["data"] else {
            throw InvalidInput("tensor \(name.quotedForMessage) has no 'shape' or no 'data'")
        }
        self.init(name: name, datatype: datatype, shape: shape.compactMap(\.integer), data: [])
        // A length of 0 leaves no elements, and the others as long as they are.
        var bound: Int64 = 1
        for length in self.shape {
            let (product, isOver) = bound.multipliedReportingOverflow(by: max(length, 1))
            guard length >= 0, !isOver, product <= Self.largest else {
                throw InvalidInput("tensor \(name.quotedForMessage) has the shape \(self.shape), which is too large")
            }
            bound = product
        }
        let elements = self.shape.contains(0) ? 0 : bound
        Self.flatten(data, into: &self.data)
        guard self.shape.count == shape.count, self.data.count == elements else {
            throw InvalidInput(
                "tensor \(name.quotedForMessage) has \(self.data.count) elements, and its shape is \(self.shape)")
        }
    }

    /// Data may be nested lists as well as a flat one.
    private static func flatten(_ value: Value, into elements: inout [Value]) {
        guard case .list(let items) = value else { return elements.append(value) }
        for item in items { flatten(item, into: &elements) }
    }

    package var value: Value {
        [
            "name": .string(name), "datatype": .string(datatype), "shape": .list(shape.map { .integer($0) }),
            "data": .list(data),
        ]
    }

    /// Rows, along the first dimension.
    package var rows: Int { shape.first.map(Int.init) ?? 1 }
    /// Elements of a row.
    package var width: Int { shape.dropFirst().reduce(1) { $0 * Int($1) } }
    package var isOfNumbers: Bool { datatype.hasPrefix("FP") }
}

/// What a model server answered to a request of the Open Inference Protocol V2.
package struct InferenceAnswer: Hashable, Sendable {
    package var outputs: [InferenceTensor]

    /// - Throws: `InvalidInput` in words.
    package init(parsing bytes: [UInt8]) throws(InvalidInput) {
        guard let value = Value(json: bytes) else { throw InvalidInput("the answer is not JSON") }
        try self.init(value)
    }

    package init(_ value: Value) throws(InvalidInput) {
        guard let items = value["outputs"]?.list else {
            let said = value["error"]?.string.map { ": \(String($0.prefix(200)))" } ?? ""
            throw InvalidInput("the answer has no 'outputs'\(said)")
        }
        outputs = []
        for item in items { outputs.append(try InferenceTensor(item)) }
    }

    package func output(_ name: String) -> InferenceTensor? { outputs.first { $0.name == name } }
}

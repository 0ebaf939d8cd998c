import WaybillCore

/// An input or output of a graph.
struct ONNXValue {
    var name: String
    /// Nil when it is a sequence, a map, or of a type that the Open Inference Protocol does not have.
    var tensor: Tensor?
}

extension ONNX {
    mutating func readGraph(isOutermost: Bool) throws(InspectionError) {
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .bytes): try model.readNode()
            case (5, .bytes):
                let name = try model.readTensor()
                if isOutermost { model.graph.initialized.insert(name) }
            case (11, .bytes):
                let value = try model.readValue()
                if isOutermost { model.graph.inputs.append(value) }
            case (12, .bytes):
                let value = try model.readValue()
                if isOutermost { model.graph.outputs.append(value) }
            case (15, .bytes):
                let name = try model.readSparse()
                if isOutermost { model.graph.initialized.insert(name) }
            case _: try model.reader.skip(tag)
            }
            guard model.graph.inputs.count <= 10_000, model.graph.outputs.count <= 10_000 else {
                throw .malformed("more than 10000 inputs or outputs")
            }
        }
    }

    mutating func readNode() throws(InspectionError) {
        nodes += 1
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (5, .bytes): try model.readAttribute()
            case (7, .bytes):
                model.usedDomains.insert(try model.reader.text(limit: Self.textLimit, what: "a node's domain"))
                guard model.usedDomains.count <= 1000 else { throw .malformed("more than 1000 operator domains") }
            case _: try model.reader.skip(tag)
            }
        }
    }

    /// Tensors and graphs that stand in a node, such as constants and the branches of `If`.
    private mutating func readAttribute() throws(InspectionError) {
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (5, .bytes), (10, .bytes): _ = try model.readTensor(isWeight: false)
            case (6, .bytes), (11, .bytes): try model.readGraph(isOutermost: false)
            case (22, .bytes), (23, .bytes): _ = try model.readSparse()
            case _: try model.reader.skip(tag)
            }
        }
    }

    private mutating func readSparse() throws(InspectionError) -> String {
        var name = ""
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .bytes): name = try model.readTensor(isWeight: false)
            case (2, .bytes): _ = try model.readTensor(isWeight: false)
            case _: try model.reader.skip(tag)
            }
        }
        return name
    }

    private struct RawTensor {
        var name = ""
        var dimensions: [Int64] = []
        var type: Int64 = 0
        var rawLength: UInt64?
        var isExternal = false
        var external: [String: String] = [:]
    }

    /// Its name. The data is passed over once it is known to be as long as shape and type say.
    @discardableResult
    private mutating func readTensor(isWeight: Bool = true) throws(InspectionError) -> String {
        var raw = RawTensor()
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .varint), (1, .bytes):
                try model.reader.integers(tag, into: &raw.dimensions, limit: 64, what: "a tensor's shape")
            case (2, .varint): raw.type = try model.reader.integer()
            case (8, .bytes): raw.name = try model.reader.text(limit: Self.textLimit, what: "a tensor's name")
            case (9, .bytes): raw.rawLength = try model.reader.skippedLength()
            case (13, .bytes):
                let (key, value) = try model.readPair(limit: Self.textLimit)
                guard raw.external.updateValue(value, forKey: key) == nil, raw.external.count <= 16 else {
                    throw .malformed("tensor '\(raw.name.prefix(80))' names its external data twice")
                }
            case (14, .varint): raw.isExternal = try model.reader.integer() == 1
            case _: try model.reader.skip(tag)
            }
        }
        try take(raw, isWeight: isWeight)
        return raw.name
    }

    private mutating func take(_ raw: RawTensor, isWeight: Bool) throws(InspectionError) {
        let shown = "tensor '\(raw.name.prefix(80))'"
        guard let element = ONNXElement.known[raw.type] else { throw .malformed("\(shown): unknown type \(raw.type)") }
        guard raw.dimensions.allSatisfy({ $0 >= 0 }) else { throw .malformed("\(shown): a negative dimension") }
        let fact = TensorFact(name: raw.name, dtype: element.name, shape: raw.dimensions.map { UInt64($0) })
        guard let elements = fact.shape.product,
            case (let bits, let overflow) = elements.multipliedReportingOverflow(by: element.bits ?? 8), !overflow,
            bits <= UInt64(Int64.max)
        else { throw fact.outOfRange }
        let needed = (bits + 7) / 8
        if let length = raw.rawLength, !raw.isExternal, element.bits != nil, length != needed {
            throw .malformed("\(shown) has \(length) bytes; its shape and type need \(needed)")
        }
        if raw.isExternal || !raw.external.isEmpty {
            external.append(try ONNXExternalData(of: raw.name, raw.external, needed: needed))
        }
        guard tensors.count < limits.tensors, external.count <= limits.tensors else {
            throw .malformed("more than \(limits.tensors) tensors")
        }
        if isWeight { tensors.append(fact) }
    }

    private mutating func readValue() throws(InspectionError) -> ONNXValue {
        var name = ""
        var found: (type: Int64, shape: [Int64])?
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .bytes): name = try model.reader.text(limit: Self.textLimit, what: "an input's or output's name")
            case (2, .bytes): found = try model.readType()
            case _: try model.reader.skip(tag)
            }
        }
        let datatype = found.flatMap { ONNXElement.known[$0.type]?.datatype }
        return ONNXValue(
            name: name, tensor: datatype.map { Tensor(name: name, datatype: $0, shape: found?.shape ?? []) })
    }

    /// Element type and shape of a tensor type; nil for sequences and maps.
    private mutating func readType() throws(InspectionError) -> (type: Int64, shape: [Int64])? {
        var found: (type: Int64, shape: [Int64])?
        try each { (tag, model) throws(InspectionError) in
            guard tag == .init(1, .bytes) else { return try model.reader.skip(tag) }
            var (type, shape) = (Int64(0), [Int64]())
            try model.each { (tag, model) throws(InspectionError) in
                switch (tag.field, tag.wire) {
                case (1, .varint): type = try model.reader.integer()
                case (2, .bytes): shape = try model.readShape()
                case _: try model.reader.skip(tag)
                }
            }
            found = (type, shape)
        }
        return found
    }

    /// Dimensions; one that has a name or nothing in place of a number is -1.
    private mutating func readShape() throws(InspectionError) -> [Int64] {
        var shape: [Int64] = []
        try each { (tag, model) throws(InspectionError) in
            guard tag == .init(1, .bytes) else { return try model.reader.skip(tag) }
            var size: Int64 = -1
            try model.each { (tag, model) throws(InspectionError) in
                guard tag == .init(1, .varint) else { return try model.reader.skip(tag) }
                size = try model.reader.integer()
            }
            guard shape.count < 64 else { throw .malformed("a shape has more than 64 numbers") }
            shape.append(size < 0 ? -1 : size)
        }
        return shape
    }
}

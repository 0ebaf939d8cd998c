import WaybillCore

/// ONNX: one Protocol Buffers message, read to its last field without keeping any weight.
///
/// Graphs inside attributes of nodes and functions of the model are entered. Data in other files is looked for in the model's folder
/// and below, and must lie inside those files.
struct ONNX {
    static let textLimit = 64 << 10
    static let metadataLimit = 1 << 20
    /// Those that ONNX itself defines.
    private static let standardDomains: Set<String> = [
        "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview", "ai.onnx.preview.training",
    ]

    /// Reads on while nothing is wrong.
    var reader: ProtobufReader
    let limits: InspectionLimits
    var facts: Members = [:]
    var tensors: [TensorFact] = []
    var external: [ONNXExternalData] = []
    var opsets: Members = [:]
    var metadata: [String: Value] = [:]
    var usedDomains: Set<String> = []
    var ownDomains: Set<String> = []
    var graph = Graph()
    var nodes = 0

    /// What the outermost graph declares.
    struct Graph {
        var inputs: [ONNXValue] = []
        var outputs: [ONNXValue] = []
        var initialized: Set<String> = []
    }

    /// Whether all of `source` reads as fields of a model: there is no magic number to go by.
    static func isAnnounced(by source: any ByteSource) -> Bool {
        var reader = ProtobufReader(ByteCursor(source))
        let wires: [UInt64: ProtobufReader.Wire] = [
            1: .varint, 2: .bytes, 3: .bytes, 4: .bytes, 5: .varint, 6: .bytes, 7: .bytes, 8: .bytes, 14: .bytes,
            20: .bytes, 25: .bytes, 26: .bytes,
        ]
        var seen: Set<UInt64> = []
        do {
            while let tag = try reader.next() {
                guard wires[tag.field] == tag.wire else { return false }
                seen.insert(tag.field)
                try reader.skip(tag)
            }
        } catch {
            // A model that is cut in its graph is still a model, and said to be cut.
            guard case .truncated = error else { return false }
        }
        return seen.contains(1) && (seen.contains(7) || seen.contains(8))
    }

    /// - Throws: the first thing that the format does not allow.
    static func inspect(_ source: any ByteSource, scan: Scan) throws(InspectionError) -> Inspection {
        var model = ONNX(reader: ProtobufReader(ByteCursor(source)), limits: scan.budget.limits)
        while let tag = try model.reader.next() { try model.readModel(tag) }
        return try model.inspection(scan)
    }

    private init(reader: ProtobufReader, limits: InspectionLimits) {
        self.reader = reader
        self.limits = limits
    }

    private mutating func readModel(_ tag: ProtobufReader.Tag) throws(InspectionError) {
        switch (tag.field, tag.wire) {
        case (1, .varint): facts["irVersion"] = .integer(try reader.integer())
        case (2, .bytes): facts["producer"] = .string(try reader.text(limit: Self.textLimit, what: "producer_name"))
        case (3, .bytes):
            facts["producerVersion"] = .string(try reader.text(limit: Self.textLimit, what: "producer_version"))
        case (4, .bytes): facts["domain"] = .string(try reader.text(limit: Self.textLimit, what: "domain"))
        case (5, .varint): facts["modelVersion"] = .integer(try reader.integer())
        case (7, .bytes): try readGraph(isOutermost: true)
        case (8, .bytes): try readOperatorSet()
        case (14, .bytes):
            let (key, value) = try readPair(limit: Self.metadataLimit)
            guard metadata.updateValue(.string(value), forKey: key) == nil else {
                throw .malformed("the metadata '\(key.prefix(80))' stands twice")
            }
            guard metadata.count <= 10_000 else { throw .malformed("more than 10000 metadata entries") }
        case (20, .bytes): try readTraining()
        case (25, .bytes): try readFunction()
        case _: try reader.skip(tag)
        }
    }

    /// Runs `body` for each field of the next message, with `self` free to be changed by it.
    mutating func each(
        _ body: (ProtobufReader.Tag, inout ONNX) throws(InspectionError) -> Void
    ) throws(InspectionError) {
        let outer = try reader.enter()
        while let tag = try reader.next() { try body(tag, &self) }
        reader.leave(to: outer)
    }

    mutating func readPair(limit: Int) throws(InspectionError) -> (String, String) {
        var (key, value) = ("", "")
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .bytes): key = try model.reader.text(limit: Self.textLimit, what: "a key")
            case (2, .bytes): value = try model.reader.text(limit: limit, what: "the value of '\(key.prefix(80))'")
            case _: try model.reader.skip(tag)
            }
        }
        return (key, value)
    }

    private mutating func readOperatorSet() throws(InspectionError) {
        var (domain, version) = ("", Int64(0))
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .bytes): domain = try model.reader.text(limit: Self.textLimit, what: "an operator set's domain")
            case (2, .varint): version = try model.reader.integer()
            case _: try model.reader.skip(tag)
            }
        }
        guard opsets.count < 1000 else { throw .malformed("more than 1000 operator sets") }
        opsets[domain.isEmpty ? "ai.onnx" : domain] = .integer(version)
    }

    /// Graphs for training: their nodes and data count as those of the model do.
    private mutating func readTraining() throws(InspectionError) {
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (1, .bytes), (2, .bytes): try model.readGraph(isOutermost: false)
            case _: try model.reader.skip(tag)
            }
        }
    }

    private mutating func readFunction() throws(InspectionError) {
        try each { (tag, model) throws(InspectionError) in
            switch (tag.field, tag.wire) {
            case (7, .bytes): try model.readNode()
            case (10, .bytes):
                model.ownDomains.insert(try model.reader.text(limit: Self.textLimit, what: "a function's domain"))
            case _: try model.reader.skip(tag)
            }
        }
    }

    private func inspection(_ scan: Scan) throws(InspectionError) -> Inspection {
        var facts = facts
        facts["opset"] = .object(opsets)
        facts["nodes"] = .integer(Int64(nodes))
        facts["parameters"] = .integer(Int64(clamping: try tensors.elements()))
        if !metadata.isEmpty { facts["metadata"] = .object(Members(metadata)) }
        let custom = usedDomains.subtracting(Self.standardDomains).subtracting(ownDomains).sorted()
        if !custom.isEmpty { facts["customDomains"] = .list(custom.map { .string($0) }) }
        if !external.isEmpty { facts["externalData"] = .list(external.map(\.fact)) }
        let declared = graph.inputs.filter { !graph.initialized.contains($0.name) }
        let others = (declared + graph.outputs).filter { $0.tensor == nil }
        if !others.isEmpty { facts["notTensors"] = .list(others.map { .string($0.name) }) }
        return Inspection(
            format: Format.onnx.rawValue, findings: external.compactMap { $0.finding(in: scan.neighbours) },
            tensors: tensors, inputs: declared.compactMap(\.tensor), outputs: graph.outputs.compactMap(\.tensor),
            facts: facts)
    }
}

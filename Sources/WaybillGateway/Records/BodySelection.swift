import Glibc
import WaybillCore

/// What of a body is kept: features chosen, values redacted, one instance of a batch.
struct BodySelection: Sendable {
    let redact: [JSONPointer]
    let features: Set<String>
    let isInference: Bool

    init(_ policy: RecordingPolicy, speaking servingProtocol: String) {
        redact = policy.redact.compactMap { JSONPointer($0) }
        features = Set(policy.features)
        isInference = servingProtocol == ServingProtocol.oipV2.rawValue
    }

    /// Whether requests, or answers, are kept as they are.
    func keepsAll(ofRequest isRequest: Bool) -> Bool { redact.isEmpty && (features.isEmpty || !isRequest) }

    /// `tree` without what is to be left out.
    func applied(to tree: inout JSONTree, isRequest: Bool) {
        // Pointers are to places of the body as it came, so they go first.
        for pointer in redact { tree.root = Self.redacted(tree.root, pointer.steps[...]) }
        if isRequest, !features.isEmpty { tree.root = chosen(tree) }
    }

    private static func redacted(_ node: JSONTree.Node, _ steps: ArraySlice<String>) -> JSONTree.Node {
        guard let step = steps.first else { return .null }
        let rest = steps.dropFirst()
        switch node {
        case .scalar, .null: return node
        case .list(let items):
            return .list(
                items.enumerated().map { index, item in
                    step == "*" || step == String(index) ? redacted(item, rest) : item
                })
        case .object(let members):
            return .object(
                members.map { member in
                    step == "*" || step == member.name
                        ? (member.name, member.text, redacted(member.value, rest)) : member
                })
        }
    }

    /// Input tensors by their names; at the top, members by theirs.
    private func chosen(_ tree: JSONTree) -> JSONTree.Node {
        guard case .object(let members) = tree.root else { return .null }
        guard isInference else { return .object(members.filter { features.contains($0.name) }) }
        return .object(
            members.map { member in
                guard member.name == "inputs", let items = member.value.items else { return member }
                let kept = items.filter { item in tree.string(item["name"]).map(features.contains) ?? false }
                return (member.name, member.text, .list(kept))
            })
    }
}

/// A batched request of the Open Inference Protocol V2: tensors whose first dimension counts instances.
enum TensorBatch {
    /// Instances that get a record each.
    static let maximumInstances = 64

    /// How many instances the request in `bytes` has, by its first `shape`; 1 when it says nothing of the kind. A look that
    /// costs little: most requests have one.
    static func count(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard var place = firstShape(bytes) else { return 1 }
        var digits = 0
        while place < bytes.count {
            switch bytes[place] {
            case 48...57:
                digits = min(digits * 10 + Int(bytes[place] - 48), 1_000_000_000)
            case UInt8(ascii: ":"), UInt8(ascii: "["), 0x20, 0x0A, 0x0D, 0x09:
                if digits > 0 { return digits }
            default: return max(digits, 1)
            }
            place += 1
        }
        return 1
    }

    /// Where the first name `shape` ends.
    private static func firstShape(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let name: StaticString = "\"shape\""
        guard let start = bytes.baseAddress else { return nil }
        return name.withUTF8Buffer { name in
            guard let wanted = name.baseAddress else { return nil }
            var place = 0
            while bytes.count - place >= name.count,
                let found = memchr(start + place, CInt(UInt8(ascii: "\"")), bytes.count - place - name.count + 1)
            {
                let at = UnsafeRawPointer(found) - start
                if memcmp(found, wanted, name.count) == 0 { return at + name.count }
                place = at + 1
            }
            return nil
        }
    }

    /// `tree` with only row `index` of each of its tensors under `field` that has `count` rows; nil when one has another
    /// form, so that nothing is cut that is no row.
    static func row(_ index: Int, of count: Int, in tree: JSONTree, field: String) -> JSONTree.Node? {
        guard case .object(let members) = tree.root, let tensors = tree.root[field]?.items, !tensors.isEmpty else {
            return nil
        }
        var rows: [JSONTree.Node] = []
        for tensor in tensors {
            guard let row = row(index, of: count, ofTensor: tensor, in: tree) else { return nil }
            rows.append(row)
        }
        return .object(members.map { $0.name == field ? ($0.name, $0.text, .list(rows)) : $0 })
    }

    private static func row(
        _ index: Int, of count: Int, ofTensor tensor: JSONTree.Node, in tree: JSONTree
    ) -> JSONTree.Node? {
        guard case .object(let members) = tensor, let shape = tensor["shape"]?.items,
            tree.integer(shape.first) == count, let data = tensor["data"]?.items,
            !data.isEmpty, data.count % count == 0, index < count
        else { return nil }
        // Flat, or nested by rows.
        let width = data.count / count
        let row = Array(data[(index * width)..<((index + 1) * width)])
        // What says that there are more rows says nothing of one: the shape is kept as it came.
        return .object(members.map { $0.name == "data" ? ($0.name, $0.text, .list(row)) : $0 })
    }
}

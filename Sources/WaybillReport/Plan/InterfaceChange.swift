package import WaybillCore

/// One tensor that a client sends or gets, and that is no longer what it was.
package struct InterfaceChange: Hashable, Sendable {
    package enum Side: String, Hashable, Sendable { case input, output }

    package var side: Side
    package var tensor: String
    /// `FP32[-1, 30]`; nil when the tensor is new.
    package var before: String?
    /// Nil when it is gone.
    package var after: String?
    /// Whether a client of the old version may be refused or may misread an answer.
    package var breaks: Bool
    package var reason: String

    /// What differs between two versions, breaking changes first. Nothing when one of them declares no interface: `isUnknown` says so.
    package static func between(_ old: ModelVersion, _ new: ModelVersion) -> [InterfaceChange] {
        guard !isUnknown(old, new) else { return [] }
        let changes =
            compare(.input, old.inputs, new.inputs) + compare(.output, old.outputs, new.outputs)
        return changes.filter(\.breaks) + changes.filter { !$0.breaks }
    }

    /// Whether the two cannot be compared, though one of them says something.
    package static func isUnknown(_ old: ModelVersion, _ new: ModelVersion) -> Bool {
        let (before, after) = (old.inputs.isEmpty && old.outputs.isEmpty, new.inputs.isEmpty && new.outputs.isEmpty)
        return before || after
    }

    private static func compare(_ side: Side, _ old: [Tensor], _ new: [Tensor]) -> [InterfaceChange] {
        let (was, now) = (byName(old), byName(new))
        return Set(was.keys).union(now.keys).sorted().compactMap { name in
            guard was[name] != now[name] else { return nil }
            let (breaks, reason) = judge(side, was[name], now[name])
            return InterfaceChange(
                side: side, tensor: name, before: was[name].map(text), after: now[name].map(text), breaks: breaks,
                reason: reason)
        }
    }

    /// Whoever sends needs what is taken to be at least what it was; whoever reads needs what is given to be no more than that.
    private static func judge(_ side: Side, _ old: Tensor?, _ new: Tensor?) -> (breaks: Bool, reason: String) {
        guard let old else {
            return side == .input
                ? (true, "clients do not send it yet") : (false, "clients that do not read it go on")
        }
        guard let new else {
            return side == .input ? (true, "clients still send it") : (true, "clients that read it miss it")
        }
        if old.datatype != new.datatype { return (true, "another type") }
        guard old.shape.count == new.shape.count else { return (true, "another number of dimensions") }
        let (narrow, wide) = side == .input ? (old.shape, new.shape) : (new.shape, old.shape)
        let fits = zip(narrow, wide).allSatisfy { $0 == $1 || $1 == -1 }
        guard fits else { return (true, side == .input ? "it takes other shapes" : "it gives other shapes") }
        return (false, side == .input ? "every old shape is still taken" : "every new shape was possible before")
    }

    private static func byName(_ tensors: [Tensor]) -> [String: Tensor] {
        Dictionary(tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private static func text(_ tensor: Tensor) -> String {
        "\(tensor.datatype.rawValue)[\(tensor.shape.map(String.init).joined(separator: ", "))]"
    }
}

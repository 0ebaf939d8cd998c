package import WaybillCore

/// What is inside of a bundle as named texts, to be compared.
extension BundleInside {
    /// Members of the spec that stand elsewhere in a bundle, too: as its files, as annotations, or in its config.
    private static let elsewhere: Set<String> = [
        "model", "version", "format", "artifacts", "code", "data", "license", "card", "cardDigest",
    ]

    /// Interface, interpreter, metrics, and whatever else the version says of itself.
    var statedFacts: [String: String] {
        var facts: [String: String] = [:]
        for (name, value) in spec.object ?? [:] where !Self.elsewhere.contains(name) {
            Self.flatten(value, name, into: &facts)
        }
        // The lock's packages are compared by themselves.
        for name in ["environment.lock", "environment.lockDigest"] { facts[name] = nil }
        for file in files { facts["\(file.path) is"] = file.inspection.format ?? "unknown" }
        return facts
    }

    /// `interface.inputs.features`, `metrics.auc`: items of lists by their names.
    private static func flatten(_ value: Value, _ name: String, into facts: inout [String: String]) {
        if let members = value.object {
            for (member, inner) in members { flatten(inner, "\(name).\(member)", into: &facts) }
        } else if let items = value.list, !items.isEmpty, items.allSatisfy({ $0["name"]?.string != nil }) {
            for item in items {
                var rest = item.object ?? [:]
                let own = rest.removeValue(forKey: "name")?.string ?? ""
                facts["\(name).\(own)"] = Tensor.text(of: item) ?? Value.object(rest).json
            }
        } else {
            facts[name] = value.string ?? value.json
        }
    }

    /// `F32 [2, 3]` by `model.safetensors: name`.
    var tensorTexts: [String: String] {
        var texts: [String: String] = [:]
        for file in files {
            for tensor in file.inspection.tensors { texts["\(file.path): \(tensor.name)"] = tensor.text }
        }
        return texts
    }
}

extension TensorFact {
    /// `F32 [2, 3]`.
    package var text: String { "\(dtype) [\(shape.map(String.init).joined(separator: ", "))]" }
}

extension Tensor {
    /// `FP32 [-1, 4]` of a tensor as a manifest writes it.
    package static func text(of value: Value) -> String? {
        guard let datatype = value["datatype"]?.string, let shape = value["shape"]?.list else { return nil }
        return "\(datatype) [\(shape.compactMap(\.integer).map(String.init).joined(separator: ", "))]"
    }
}
